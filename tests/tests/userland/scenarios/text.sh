# Small filters, one after the other.
jot 5 > five; seq 2 2 10 > even
cat > fruit <<'END'
pear 3 green
apple 10 red
fig 2 purple
apple 7 green
kiwi 5 brown
END
echo "== sort"; sort fruit; sort -k2,2n fruit; sort -u -k1,1 fruit; sort -r -t' ' -k3 -k2n fruit
printf '1.5K\n3M\n200\n' | sort -h; sort -c fruit; echo $?
printf 'v1.10\nv1.9\nv1.2\n' | sort -V
echo "== uniq comm join"
cut -d' ' -f1 fruit | sort | uniq -c; printf 'a\nA\nb\n' | uniq -i; printf 'a\na\nb\n' | uniq -d
printf 'a\na\nb\n' | uniq -u
comm five even | cat -t; comm -12 five even
printf '1 a\n2 b\n3 c\n' > left; printf '1 x\n3 y\n4 z\n' > right; join left right
join -a1 -e none -o 1.1,1.2,2.2 left right; join -v2 left right
echo "== cut paste tr"
cut -c1-3,6- fruit; cut -d' ' -f3,1 fruit; paste five even; paste -s -d+ five; paste -d'-:' five even five
echo 'Hello, World' | tr a-zA-Z n-za-mN-ZA-M; echo aabbcc | tr -s b
echo a1b2 | tr -d '[:digit:]'; echo abc | tr -c 'a\n' x; printf 'a b' | tr ' ' '\n'; echo
echo "== tsort"; printf 'shoes socks\nsocks feet\nhat head\n' | tsort; printf 'a b\nb a\n' | tsort 2>&1
echo "== head tail"
head -n 2 fruit; tail -n 2 fruit; tail -r five | tr '\n' ' '; echo; head -c 4 fruit; echo
tail -c 6 fruit; head -n1 five even; tail +4 five
echo "== fold fmt pr nl"
echo 'The quick brown fox jumps over the lazy dog and keeps on running' > line
fold -w 20 line; fold -s -w 20 line; fmt -w 30 line; fmt -c -w 30 line; pr -t -3 -w 40 five
nl -ba -w3 -s': ' fruit; nl -b pa fruit
pr -h title fruit | sed -e 1,2d -e '3s/.*title/DATE title/' -e 9q
echo "== column rs lam colrm"
column -c 40 fruit; column -t fruit; column -x -c 30 five; rs 0 3 < five; rs -T < left
lam five -s ' = ' even; colrm 2 4 < fruit
echo "== expand"
printf 'a\tb\tc\n' | expand | cat -e; printf '        x\n' | unexpand | cat -t
printf 'a\tb\n' | expand -t 4; printf 'a\t\001\200é\n' | cat -vet
echo "== wc"
wc fruit line; wc -l < fruit; wc -c five; printf 'héé\n' | LC_ALL=en_US.UTF-8 wc -m
echo "== split csplit"
split -l 2 fruit part.; cat part.ac; split -b 10 -a 1 line b.; ls b.*
cat b.a b.b b.c b.d b.e b.f b.g > again; cmp line again; csplit -s -k fruit 3 /kiwi/; cat xx01
split -n 3 five n.; cat n.aa; echo
echo "== rev look jot seq"
rev five line | tail -n 1; printf 'ant\nbee\ncat\n' | look b /dev/stdin 2>/dev/null
printf 'ant\nbee\ncat\n' > words; look be words; jot -w 'file%02d' 3; jot -c 3 A
jot -s, 3 10 20; jot -b x 2; seq -w 8 10; seq -f %.2f 1 .5 2; seq 3 1
echo "== od hexdump"
printf 'ABC\n\0\377xyz' > bin; od -c bin; od -An -tx1 bin; od -t d2 -N 4 bin; hexdump bin
hexdump -C bin; hexdump -e '4/1 "%02x " "\n"' bin; hd -s 2 -n 3 bin; strings -n 3 bin; vis bin
echo; vis bin | unvis | cmp - bin
echo "== encodings"
uuencode bin name; uuencode -m bin name; uuencode bin name | uudecode -p | cmp - bin
b64encode bin n | b64decode -p | cmp - bin
md5 -q five; md5 five; md5 -s abc -q; sha1 five; sha256 < five; rmd160 -q five; cksum five
sum five; cksum -o 3 five; echo abc | md5 -p
echo "== col ul"
printf 'a_\ba\n' | col -b; printf 'bold: b\bbo\bo\n' | col -b; printf 'x\033[1m\n' | cat -v
banner -w 30 A | head -n 5
printf 'a\n\n\n\nb\n' | cat -s; printf 'a\nb\n' | cat -n; printf 'a\n\nb\n' | cat -b
