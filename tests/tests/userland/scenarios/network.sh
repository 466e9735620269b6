# Loopback only: fetch, nc, openssl, ssh keys.
mkdir www; jot 3000 > www/file; printf hello > www/small
cat > serve.sh <<'END'
# One answer to whatever is asked.
read method path version
while read header && [ "$header" != "$(printf '\r')" ]; do :; done
name=www/${path##*/}
if [ -f "$name" ]; then
	printf 'HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n' $(stat -f %z "$name")
	[ "$method" = HEAD ] || cat "$name"
else
	printf 'HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n'
fi
END
port=$((20000 + $$ % 20000))
serve() { mkfifo pipe; (nc -l 127.0.0.1 $port < pipe | sh serve.sh > pipe; rm pipe) & sleep 0.5; }
echo "== fetch"
serve; fetch -q -o got http://127.0.0.1:$port/file; echo $?; wait; cmp got www/file
serve; fetch -q -o - http://127.0.0.1:$port/small; echo; wait
serve; fetch -q -o none http://127.0.0.1:$port/nosuch 2>&1 | sed "s/:$port//"; wait; ls none 2>&1
fetch -q -T 2 -o - http://127.0.0.1:1/x 2>&1; echo $?; fetch -q -o copy file://$PWD/www/file
cmp copy www/file
echo "== nc"
nc -l 127.0.0.1 $((port + 1)) > received & sleep 0.3
echo over the wire | nc -N 127.0.0.1 $((port + 1)); wait; cat received
nc -z 127.0.0.1 1; echo $?; rm -f sock; (nc -lU sock > unix) & sleep 0.3
echo local | nc -N -U sock; wait; cat unix
(nc -u -l 127.0.0.1 $((port + 2)) > udp & pid=$!; sleep 0.3; echo datagram | nc -u -w 1 127.0.0.1 $((port + 2)); kill $pid 2>/dev/null)
cat udp
echo "== openssl"
openssl version | cut -d' ' -f1,2; echo abc | openssl md5; echo abc | openssl dgst -sha256
echo secret | openssl enc -aes-128-cbc -k pass -nosalt -md md5 -a
echo secret | openssl enc -aes-256-cbc -k pass | openssl enc -d -aes-256-cbc -k pass
openssl genrsa -out key.pem 1024 2>/dev/null; openssl rsa -in key.pem -check -noout
openssl req -new -x509 -key key.pem -subj /CN=test -days 1 -out cert.pem -config /etc/ssl/openssl.cnf
openssl x509 -in cert.pem -noout -subject; openssl verify -CAfile cert.pem cert.pem
echo text > t; openssl dgst -sha1 -sign key.pem -out sig t
openssl rsa -in key.pem -pubout -out pub.pem 2>/dev/null
openssl dgst -sha1 -verify pub.pem -signature sig t; openssl rand -hex 8 | wc -c
echo hello | openssl base64; openssl prime 97
openssl s_client -connect 127.0.0.1:1 2>&1 | head -n 1 | cut -c1-7
openssl passwd -1 -salt abc word
echo "== ssh-keygen"
ssh-keygen -q -t rsa -b 1024 -N '' -C comment -f rsa
ssh-keygen -q -t ecdsa -N '' -C comment -f ecdsa
ssh-keygen -q -t ed25519 -N '' -C comment -f ed
for k in rsa ecdsa ed; do ssh-keygen -l -f $k.pub | awk '{ print $1, $3, $4 }'; ssh-keygen -y -f $k | cut -d' ' -f1; done
ssh-keygen -p -P '' -N newpass -f rsa; ssh-keygen -y -P wrong -f rsa 2>&1 | tail -n 1
ssh-keygen -e -f ecdsa.pub | head -n 1; ssh -V 2>&1 | cut -d, -f1
ssh -o BatchMode=yes -p 1 127.0.0.1 true 2>&1
ssh-agent sh -c 'ssh-add ecdsa 2>&1; ssh-add -l | awk "{ print \$1, \$4 }"'; printf 'h ' > known
cat ed.pub >> known; ssh-keygen -F h -f known | head -n 1
ssh-keygen -s ecdsa -I id -n me -V 20200101:20300101 ed.pub 2>/dev/null
ssh-keygen -L -f ed-cert.pub | grep -c me
echo "== others"
logger -p user.info nothing 2>&1; ping 2>&1 | head -n 1
netstat -rn -f inet | head -n 2 | tail -n 1; ifconfig -l | grep -c lo; drill -v | head -n 1
tcpdump -? 2>&1 | grep -c version
