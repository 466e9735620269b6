# Users, groups, machine and databases.
echo "== id"
id root; id -un root; id -Gn operator; groups root; id nosuch 2>&1; id -p root 2>&1 | head -n 2
[ "$(whoami)" = "$(id -un)" ] && echo same; logins -l daemon
getent passwd daemon | cut -d: -f1,3-; getent group wheel; getent group 5; getent services smtp
getent protocols tcp; getent hosts localhost | head -n 1 | awk '{ print $NF }'
getent passwd nosuch; echo $?; getent nosuch 2>&1 | head -n 1
finger -m daemon | head -n 1 | tr -s '\t '; pw usershow daemon; pw groupshow wheel
chpass -a 2>&1 | head -n 1; chown nosuch f 2>&1; chkgrp
echo "== uname, hostname, sysctl"
uname -s; uname -m -p; [ "$(hostname)" = "$(uname -n)" ] && echo same; hostname -s | grep -c .
sysctl -n kern.ostype hw.machine hw.pagesize; sysctl nosuch.name 2>&1
sysctl kern.maxproc=1 2>&1 | grep -c .; getconf PAGESIZE; getconf ARG_MAX; getconf NAME_MAX .
getconf _POSIX_VERSION; getconf LONG_BIT; getconf nosuch 2>&1; pagesize; freebsd-version -u
locale -a | grep -c UTF-8; locale charmap; LC_ALL=de_DE.UTF-8 locale charmap
LC_ALL=fr_FR.UTF-8 date -u -r 0 +%A; LC_ALL=en_US.UTF-8 sh -c 'printf "%s\n" é | grep -c "^.$"'
kenv nosuch 2>&1; tty; mesg 2>&1; uptime | grep -c load
echo "== password and capability databases"
mkdir etc; cat > etc/master.passwd <<'END'
root:*:0:0::0:0:Charlie &:/root:/bin/csh
me:*:1001:1001::0:0:Me Myself:/home/me:/bin/sh
END
pwd_mkdb -d etc -p etc/master.passwd 2>&1; ls etc; cat etc/passwd
printf 'bad line\n' > etc/wrong; pwd_mkdb -C etc/wrong 2>&1
[ -s etc/pwd.db ] && file -b etc/pwd.db | cut -d, -f1
printf 'vt9|test terminal:co#80:cl=\\E[H:\nother:tc=vt9:li#24:\n' > caps; cap_mkdb -v caps
ls caps*; services_mkdb -q -o services.db /etc/services; [ -s services.db ] && echo made
printf 'a 1\nb 2\n' | makemap hash ./map; makemap -u hash ./map | sort | tr '\t' ' '
tput -T vt100 cols; TERM=vt100 tput clear | od -An -c | head -n 1; mkdir -p msgs
printf '$set 1\n1 hello\n2 world\n' > m; gencat m.cat m; file -b m.cat | cut -c1-20
echo "== time"
date -u -r 0; date -u -j -f '%Y-%m-%d %T' '2004-02-29 12:00:00' '+%a %j %U %s'
date -u -r 1000000000 '+%F %T %Z %e|%k|%y %B %p'
date -u -v+1m -v-1d -j -f %Y%m%d%H%M%S 20240131000000 +%F
TZ=America/New_York date -r 1000000000; TZ=Europe/Berlin date -r 1711846800
TZ=Asia/Kolkata date -r 0 +%z; date -j -f bad x 2>&1 | head -n 1; cal 2 2004
cal -h -m feb 2100 2>&1 | head -n 3; ncal -h 9 2001; cal -y 1752 | sed -n '25,33p'; ncal -e 2024
ncal -o 2024; zdump UTC | grep -c UTC; printf 'Feb 29\tleap\n02/28\tnot leap\n' > calendar
calendar -f calendar -t 29.02.2024; printf 'Zone Here 2:00 - XYZ\n' > z; zic -d zones z
TZ=:$PWD/zones/Here date -r 0
