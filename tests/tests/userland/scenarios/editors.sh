# Editors that read commands: ed, ex, and calculators.
printf 'first\nsecond\nthird\n' > f
echo "== ed"
ed f <<'END'
,n
2c
SECOND
.
$a
fourth
fifth
.
1,$s/i/I/g
/SEC/p
g/th/s/$/!/
,p
2,3m0
1t$
=
u
,l
w out
2d
w
q
END
cat out; printf 'a\nhello\n.\nw made\nq\n' | ed -s; cat made
printf '99p\nH\nnosuch\nq\n' | ed -s f; echo $?; printf '1d\nq\nh\nq\n' | ed -s f
printf 'r !echo from shell\n$p\n!echo direct\nQ\n' | ed -s f
printf 'v/I/d\n,p\nj\n,p\nQ\n' | ed -s out; printf '/nosuch/\nh\nQ\n' | ed -s f
printf '1,2p\n%%s/\\(.\\)\\(.\\)/\\2\\1/\n,p\nQ\n' | ed -s f; red 2>&1 </dev/null
printf 'e /etc/passwd\nH\n!ls\nQ\n' | red -s f
echo "== bc dc"
bc <<'END'
2^64
scale=5; 22/7
define f(n) {
	if (n <= 1) return (1);
	return (n * f(n-1));
}
f(25)
ibase=16; FF
obase=2; 10
ibase=2; obase=1010
for (i = 0; i < 11; i++) { i * i; }
a[3]=7; a[3]; sqrt(10000); length(12345); 7 % 3; -7 / 2; x = y = 101
x; "text
"; 1 == 1; 10 != 10
END
echo 's(1); c(0); e(1); l(2); a(1)' | bc -l; echo '1/0' | bc 2>&1; echo 'syntax error here(' | bc 2>&1
dc <<'END'
2 10 ^ p
5 k 22 7 / p
16 i FF p A i
2 o 10 p A o
[la 1 + d sa p 5 >x] sx 0 sa lx x
3 4 + d * v p
1 2 3 f c z p
[a string] P 10 P
10 3 ~ f
END
echo '1 0 / p' | dc 2>&1
echo "== units expr"
units '1 mile' km | head -n 1; units -q '100 degC' 2>&1 | head -n 1; expr 7 \* 6
expr abc : 'a\(.\)c'; expr length 2>&1; expr 5 \> 3 \& 1; expr 10 % 4 + 1; expr "" \| default
expr 1 / 0 2>&1; echo $?; expr abc : x; echo $?; expr 9223372036854775806 + 1
expr 9223372036854775807 + 1 2>&1
