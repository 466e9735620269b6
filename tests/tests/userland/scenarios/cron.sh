# Login classes, crontabs and what starts programs at times.
echo "== crontab"
printf '# comment\nSHELL=/bin/sh\n*/5 0-6,12 1 jan mon-fri echo a\n@daily echo b\n' > good
printf '60 * * * * echo\n' > bad1; printf '* * * * 8 echo\n' > bad2
printf '* * 32 * * echo\n' > bad3; printf '@never echo\n' > bad4; printf '* * * *\n' > bad5
# Only root may have one here: no program is setuid. What it prints is compared below.
if [ $(id -u) -eq 0 ]; then
	crontab -l > /dev/null 2>&1
	for f in bad1 bad2 bad3 bad4 bad5; do crontab $f 2>&1 < /dev/null | head -n 1; done > got
	crontab good && crontab -l | cmp - good
	echo y | crontab -r > /dev/null; crontab -l >> got 2>&1
	cat > want <<'END'
"bad1":0: bad minute
"bad2":0: bad day-of-week
"bad3":0: bad day-of-month
"bad4":0: bad time specifier
"bad5":1: bad day-of-week
crontab: no crontab for root
END
	diff want got
fi
echo "== newsyslog"
jot 2000 > log; echo "$PWD/log 644 2 5 * N" > conf
newsyslog -n -r -f conf 2>&1 | sed "s|$PWD|PWD|g; s/[0-9]\{10\}/N/"
newsyslog -r -f conf -C 2>&1; ls log*; wc -l < log.0 | tr -d ' '
echo "== rcorder, service, sysrc"
printf '# PROVIDE: a\n# REQUIRE: b\n' > ra; printf '# PROVIDE: b\n# BEFORE: c\n' > rb
printf '# PROVIDE: c\n# KEYWORD: skip\n' > rc; rcorder ra rb rc; rcorder -s skip ra rb rc
service -l | sort | head -n 3; touch conf2; sysrc -f conf2 hostname=box sshd_enable=YES
sysrc -f conf2 -a; sysrc -f conf2 hostname; sysrc -f conf2 -x hostname; cat conf2
sysrc -f conf2 nosuch 2>&1; periodic 2>&1 | head -n 1
echo "== login shells"
printf 'echo profile read\nPS1=x\n' > .profile; ln -s /bin/sh ./-sh
echo 'echo in $0' | HOME=$PWD PATH=.:$PATH -sh; printf 'echo login read\n' > .login
printf 'echo cshrc read\n' > .cshrc; printf 'echo logout read\n' > .logout
echo 'echo in csh' | HOME=$PWD csh -l 2>&1 | grep -v 'no access\|Thus no job'
su -l nosuch 2>&1 | head -n 1 | cut -c1-3; limits -C daemon -n 2>/dev/null | head -n 1
cap_mkdb -f cap /etc/login.conf && ls cap.db; wall -? 2>&1 | head -n 1; write 2>&1 | head -n 1
at -? 2>&1 | head -n 1; batch -? 2>&1 | head -n 1
