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
