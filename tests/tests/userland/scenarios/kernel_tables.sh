# What the kernel knows of sockets, neighbours, objects and jails.
port=$((20000 + ($$ + 7) % 20000))
echo "== sockstat"
nc -l 127.0.0.1 $port & pid=$!; sleep 0.5
sockstat -4l -p $port | awk -v pid=$pid -v port=$port '$3 == pid { sub(port, "PORT"); print $2, $5, $6, $7 }'
fd=$(sockstat -4 -p $port | awk -v pid=$pid '$3 == pid { print $4 }')
procstat -f $pid | awk -v fd=$fd '$3 == fd { print $4 }'
echo "== netstat"
netstat -an -f inet 2>/dev/null | sed -n "s/$port/PORT/p" | tr -s ' '
netstat -anL -f inet 2>/dev/null | awk -v port=$port '$3 ~ port { sub(port, "PORT"); print }'
nc 127.0.0.1 $port > received & other=$!; sleep 0.5
netstat -an -f inet 2>/dev/null | awk -v port=$port '$4 ~ port || $5 ~ port { print $6 }' | sort
sockstat -4c -p $port | awk -v port=$port -v one=$pid -v two=$other 'NR > 1 && ($3 == one || $3 == two) { print $2, $5 }'
kill $pid $other; wait $pid $other
nc -u -l 127.0.0.1 $port & pid=$!; sleep 0.5
sockstat -P udp -p $port | awk -v pid=$pid -v port=$port '$3 == pid { sub(port, "PORT"); print $2, $5, $6, $7 }'
kill $pid; wait $pid
nc -lU $PWD/local & pid=$!; sleep 0.5
sockstat -u | awk -v pid=$pid '$3 == pid { sub(".*/", "", $6); print $2, $5, $6 }'
netstat -f unix 2>/dev/null | awk '$NF ~ "/kernel_tables/local$" { print $2, $3, $4 }'
kill $pid; wait $pid
echo "== ipcs"
ipcs | sed -n '/:$/p'
ipcs -T | awk 'NF == 3 && $2 == 0 { print $1 }'
echo "== neighbours"
arp -an > all; echo $?; grep -cv ' at \(([a-z]*)\|[0-9a-f:]*\) on ' all
ndp -an > all; echo $?; awk '{ print (NF >= 3) }' all | sort -u; head -n 1 all
echo "== jls"
jls; jls -n; jls -j 1 2>/dev/null; echo $?; jls jid 2>&1; jls nosuch 2>&1
sysctl -n security.jail.jailed
sysctl security.jail.param.name
echo "== what is counted"
vmstat | awk 'NR == 3 { print ($1 >= 0 && $2 >= 0 && $5 > 0) }'
vmstat -s | awk '/cpu context switches$/ || /pages in use$/ || /total VM faults taken$/ { print ($1 > 0) }'
vmstat -i | awk 'END { print $1, ($2 > 0) }'
iostat > all; echo $? $(awk 'NR == 2 { print $1, $2 }' all)
netstat -in | awk '$1 == "lo" && $3 ~ /Link/ { print $5, $6, $8, $9 }'
netstat -s -p tcp 2>/dev/null | awk '/packets received$/ { print ($1 > 0) }'
netstat -s -p udp 2>/dev/null | awk '/datagrams output$/ { print ($1 >= 0) }'
netstat -s -p ip 2>/dev/null | awk '/total packets received$/ { print ($1 > 0) }'
sysctl -n vm.stats.sys.v_swtch | awk '{ print ($1 > 0) }'
ifconfig -C; ifconfig -g lo; ifconfig -g nosuch; echo $?
echo "== procstat"
(umask 027; exec sleep 30) & pid=$!; sleep 0.5
procstat -x $pid | awk '$3 ~ /AT_(PAGESZ|PHENT|CANARYLEN|FLAGS)$/ { print $2, $3, $4 }'
procstat -b $pid | awk 'NR == 2 { print $2, $3, $4 }'
procstat -e $pid | grep -c ' PATH='
procstat -s $pid | awk 'NR == 2 { print $2, $9 }'
procstat -k $pid 2>&1 >/dev/null | cut -d' ' -f1-4
kill $pid; wait $pid; true
