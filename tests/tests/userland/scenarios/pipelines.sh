# Pipelines of five processes and more, and what runs beside them.
echo "== five"
jot 1000 | grep -v 7 | awk '{ print $1 % 10 }' | sort -n | uniq -c
cat /usr/share/misc/ascii | tr -cs 'a-z' '\n' | sort | uniq -c | sort -k1,1nr -k2 | head -n 5
find /usr/share/calendar -name 'calendar.*' | sed 's/.*calendar\.//' | sort -u | tail -n 3 | paste -s -d, -
jot 20000 | gzip -c | bzip2 -c | xz -c | xz -dc | bunzip2 -c | gunzip -c | md5
cut -d: -f7 /etc/passwd | sort | uniq -c | sort -rn | awk 'NF == 2 { print $2 }' | tail -n 2
tar -cf - -C /usr/share/examples/etc . 2>/dev/null | gzip | gunzip | tar -tf - | grep -c README
echo "== early end"
yes | head -n 3 | tail -n 1; jot 0 | sed 3q | tail -n 1
(jot 100000; echo status $? >&2) 2>&1 | tail -n 1
cat /dev/zero | dd bs=1k count=4 2>/dev/null | wc -c
echo "== tee, process groups, background"
jot 10 | tee a b | tail -n 1; cmp a b; jot 3 | tee -a a > /dev/null; wc -l < a; mkfifo p
(sort -rn < p | head -n 2) & jot 5 > p; wait; (sleep 0.1; echo slow) & echo fast; wait
echo "== xargs"
jot 7 | xargs -n 3 echo; jot 3 | xargs -I % echo '<%>'; printf 'a b\0c\0' | xargs -0 -n1 echo
jot 3 | xargs -t -n 2 echo 2>&1; jot 4 | xargs -P 4 -n 1 sh -c 'echo $0' | sort | tr '\n' ' '
echo; echo x | xargs -J @ echo 1 @ 2; echo bad | xargs false; echo $?
echo a | xargs nosuchcommand 2>&1; echo $?; printf '"quoted one" two\n' | xargs -n 1 echo
jot 100000 | xargs echo | wc -w; xargs echo none < /dev/null
echo "== environment"
env -i A=1 B=2 env | sort; env -u TZ sh -c 'echo ${TZ-unset}'; env -S 'A=x sh -c "echo $A"' 2>&1
env nosuchcommand 2>&1; echo $?; nice -n 3 nice 2>&1 | head -n 1; nohup echo hup 2>/dev/null
time -p true 2>&1 | awk '{ print $1 }' | tr '\n' ' '; echo
/usr/bin/time -l true 2>&1 | grep -c 'page reclaims'
lockf -t 0 lock sh -c 'lockf -t 0 lock echo inner; echo $?' 2>&1
lockf -s -t 1 lock2 echo locked; sh -c 'ulimit -n 64; ulimit -n'; limits -n 32 sh -c 'ulimit -n'
limits -c 0 true; chroot 2>&1 | head -n 1; id -u | grep -c .; getopt ab:c -a -b val -- rest
printenv HOME; apply 'echo %1 and %1' x y; script -q /dev/null echo in script | tr -d '\r'
jot 50 | while read n; do echo $n; done | awk '{ s += $1 } END { print s }'
for i in $(jot 40); do (exit $((i % 3))); s="$s$?"; done; echo $s
