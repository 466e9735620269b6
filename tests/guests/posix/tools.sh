# A shell and the tools of POSIX, in as many words as all systems understand.
set -u
say() { echo "== $*"; }

say words
set -- one "two words" three
for word in "$@"; do printf '%s\n' "$word"; done
echo "$# ${2#two } ${3%ee} $((6 * 7)) ${missing:-unset}"
case $1 in o*) echo begins with o;; *) echo does not;; esac
i=0; while [ $i -lt 3 ]; do i=$((i + 1)); echo $i; done
cat <<END
here: $(echo substituted) \$literal
END
(exit 3); echo $?
false || echo or
true && echo and
! true; echo $?
f() { local=inside; return 4; }; f; echo $? $local
echo a:b:c | { IFS=: read x y z; echo "$z $y $x"; }

say pipes
printf 'pear\napple\nfig\napple\n' > fruit
sort fruit | uniq -c | sed 's/^ *//'
sort -u fruit | tr a-z A-Z | tr '\n' ' '; echo
wc -l < fruit | tr -d ' '
grep -n an fruit; grep -c apple fruit; grep -v p fruit
awk '{ n[$1]++ } END { print n["apple"], length("four"), substr("abcdef", 3, 2) }' fruit
sed -n '2,3p;s/apple/orange/gp' fruit
head -2 fruit | tail -1
cut -c1-3 fruit | paste -s -d, -
seq_=$(awk 'BEGIN { for (i = 1; i <= 1000; i++) print i }'); echo "$seq_" | awk '{ s += $1 } END { print s }'
echo "$seq_" | tee copy | wc -l | tr -d ' '; cmp copy copy && echo same
echo 3 1 2 | xargs -n 1 echo | sort -r
printf 'a 1\nb 2\n' > left; printf 'a x\nb y\n' > right; join left right
printf '1\n2\n' > left; printf '2\n3\n' > right; comm -12 left right
expr 7 \* 6; expr abcdef : 'abc\(.*\)'
yes | head -3 | tr '\n' ' '; echo
dd if=copy bs=1000 count=2 2>/dev/null | wc -c | tr -d ' '

say files
umask 022
mkdir -p tree/a/b tree/c
echo content > tree/a/b/file
ln -s a/b/file tree/link
ln tree/a/b/file tree/hard
chmod 640 tree/hard
cat tree/link
ls -l tree/a/b | awk 'NR > 1 { print substr($1, 1, 10), $2, $5, $9 }'
ls -d tree/*
find tree -type f | sort
find tree -name 'l*' -exec ls {} \;
cp -R tree copied && find copied | sort | tr '\n' ' '; echo
mv copied moved; rm -r tree; ls
tar cf archive.tar moved && rm -r moved && tar xf archive.tar && cat moved/a/b/file
[ -d moved ] && [ -f moved/hard ] && [ -L moved/link ] && [ ! -e tree ] && echo all there
test moved/hard -nt nothing || test -s moved/hard && echo not empty
touch -t 200101010000 old; [ old -ot fruit ] && echo older
rmdir moved 2>/dev/null || echo not empty either
cd moved && pwd | sed 's/.*\///' && cd ..
basename /usr/lib/x.c .c; dirname /usr/lib/x.c
mkfifo pipe; echo through > pipe & read -r line < pipe; wait; echo "$line"

say processes
sleep 0 & wait $!; echo $?
sh -c 'exit 9'; echo $?
{ sh -c 'kill -TERM $$'; echo $?; } 2> /dev/null
sh -c 'trap "echo trapped" TERM; kill -TERM $$; echo after'
trap 'echo leaving' EXIT
ONE=1 env | grep ^ONE=
env -i TWO=2 /bin/sh -c 'echo ${ONE-none} $TWO'
nice -n 1 sh -c 'echo nicer'
x=$(echo inner; exit 2); echo $? $x
exec 3> third; echo to three >&3; exec 3>&-; cat third
echo error >&2
{ echo out; echo err >&2; } 2>&1 | sort
kill -0 $$ && echo alive
type cd > /dev/null && command -v nothing; echo $?
sh -c nothing 2> /dev/null; echo $?
ulimit -n > /dev/null && times > /dev/null && echo limits
