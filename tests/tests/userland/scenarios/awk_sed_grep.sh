# awk, sed, grep, m4: the little languages.
cat > data <<'END'
alice 30 1200.50
bob 25 800
carol 41 2310.25
dave 30 990.75
END
echo "== awk"
awk '{ sum += $3 } END { printf "%.2f %d %s\n", sum, NR, $1 }' data
awk -v min=30 '$2 >= min { print $1 | "sort -r" } END { close("sort -r"); print "done" }' data
awk 'BEGIN { FS = ":"; OFS = "-" } { $1 = $1; print }' <<END
a:b:c
END
awk '{ by[$2] = by[$2] " " $1 } END { for (age in by) print age ":" by[age] | "sort" }' data
awk 'function f(n) { return n < 2 ? n : f(n-1) + f(n-2) } BEGIN { print f(15), length("abc"), index("hello", "l"), substr("hello", 2, 3), toupper("x") tolower("Y") }'
awk 'BEGIN { s = "a1b22c333"; gsub(/[0-9]+/, "<&>", s); print s; n = split("x,y,z", p, ","); print n, p[3]; print match("foobar", /o+/), RSTART, RLENGTH; print sprintf("%c%5.1f|%-4s|%x", 65, 2.55, "ab", 255) }'
awk 'NR == 2, NR == 3 { print NR ": " $0 } /carol/ { next } { n++ } END { print n }' data
awk 'BEGIN { while (("echo a b; echo c" | getline line) > 0) print "got " line; "date -u -r 0 +%Y" | getline y; print y; print ENVIRON["TZ"], ARGC }'
awk 'BEGIN { printf "%s %s %s\n", 1e6, 0.1 + 0.2, 2^53 ; print substr("x", 0), (1 == 1.0), ("a" < "b"), -3 % 2, int(-3.7); exit 3 }'
echo $?
awk 'BEGIN { RS = "" } { print NF }' <<END
a b
c

d
END
awk 'BEGIN { print > "made"; print "x" >> "made"; close("made"); while ((getline l < "made") > 0) n++; print n; system("echo from system"); print length() }' < /dev/null
awk 'BEGIN { print 1' 2>&1; echo $?
echo "== sed"
sed -n '2p;$p' data; sed '2,3d' data; sed 's/\([a-z]*\) \([0-9]*\)/\2 \1/' data
sed -E 's/([0-9]+)\.([0-9]+)/\2,\1/g' data
sed -e '/bob/i\
before bob' -e '/bob/a\
after bob' -e '/carol/c\
changed' data
sed -n '/bob/,/dave/{=;p;}' data; sed '/a/!d;s/a/A/2' data; sed y/abc/xyz/ data | head -n 1
sed -n 'H;${x;s/\n/+/g;p;}' data; sed '$!N;s/\n/ | /' data; sed -n '$=' data; sed G data | head -n 3
sed ':a
s/^\(.\{1,19\}\)$/ \1/
ta' data | head -n 2
sed -n 'l' <<END
tab	é
END
cp data edited; sed -i.bak 's/bob/BOB/' edited; diff edited edited.bak; sed -i '' '/BOB/w written
s/x/y/' edited; cat written
printf 's/alice/ALICE/\n3q\n' > script; sed -f script data; echo aaa | sed 's/a/b/2p;s/a/c/gw /dev/stdout'
sed 's/x' data 2>&1; echo $?; printf 'one\ntwo\n' | sed -n '1!G;h;$p'
echo "== grep"
grep -n 30 data; grep -v 30 data; grep -c 0 data; grep -i ALICE data
grep -E '^(bob|dave) ' data; grep -F '.5' data; grep -o '[0-9]*\.[0-9]*' data; grep -w 80 data
echo $?
grep -l alice data script edited.bak; grep -L alice data script; grep -A1 bob data
grep -B1 -n dave data; grep -q carol data && echo quiet; grep -e alice -e bob data | wc -l
mkdir -p tree/sub; cp data tree/sub/; grep -r carol tree; grep -h carol data tree/sub/data
grep -x 'bob 25 800' data; printf 'ab\0cd\n' | grep -c ab; printf 'ab\0cd\n' | grep ab
grep -s x nosuch; echo $?; grep x nosuch 2>&1
egrep 'a.*e' data; fgrep -f script data; grep '\<b' data; grep '[[:upper:]]' script
grep -m 1 0 data; printf 'aXb\n' | grep --color=always X | cat -v; zgrep bob data
bsdgrep -n 30 data; bsdgrep -E '^(bob|dave) ' data
echo "== m4"
m4 <<'END'
define(`greet', `hello $1, $# of $*')dnl
greet(`world', `more')
ifelse(eval(2 + 3 * 4), 14, `right', `wrong') len(`abcde') substr(`abcdef', 2, 3) translit(`abc', `a-c', `A-C')
define(`loop', `ifelse($1, 0, , `$1 loop(decr($1))')')loop(4)
changequote([, ])define([q], [quoted])q
syscmd(echo from shell)dnl
esyscmd(echo captured)dnl
forloop incr(9) index([hello], [l]) eval(0x10, 2) format([%03d], 7)
divert(1)later
divert[]now
END
m4 -DNAME=value -P <<'END'
m4_ifdef(`NAME', NAME) define
END
