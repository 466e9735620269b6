# What sh itself does: words, arithmetic, control, functions, here-documents.
echo "== expansion"
name=value; unset none
echo "${name:-x} ${none:-x} ${none:=set} $none ${name:+plus} ${#name}"
path=/usr/share/man/man1/sh.1.gz
echo "${path##*/} ${path%/*} ${path%%.*} ${path#/usr}"
set -- one 'two words' three
echo $# "$1" "$2"; for word; do printf '<%s>' "$word"; done; echo
shift; echo "$*" "$@"
IFS=:; joined="a:b:c"; set -- $joined; echo $# $2; unset IFS
echo ~root
echo {a,b} *.nothing [!x]nothing
(: ${none2:?is missing}) 2>&1; echo "status $?"
echo "== arithmetic"
echo $((7 / 2)) $((-7 % 3)) $((1 << 40)) $((0x1f | 010)) $((5 > 3 && 2 > 1)) $((x = 6)) $((x * 7))
i=0; while [ $i -lt 3 ]; do i=$((i + 1)); [ $i -eq 2 ] && continue; printf '%d ' $i; done; echo
echo "== case and functions"
kind() {
	case $1 in
	[0-9]*) echo number;;
	a|b|c) echo letter;;
	*.c) echo source;;
	'') echo empty;;
	*) echo other; return 3;;
	esac
}
for word in 42 b main.c '' ?; do kind "$word"; done; echo "returned $?"
fact() { local n=$1; if [ $n -le 1 ]; then echo 1; else echo $((n * $(fact $((n - 1))))); fi; }
fact 12
echo "== here-documents"
cat <<END
$name $((1 + 1)) $(echo command) \$name
END
cat <<'END'
$name `nothing`
END
cat <<-END
		indented $name
	END
echo "== redirection"
echo out > file; echo more >> file; cat < file
{ echo to-stdout; echo to-stderr >&2; } 2>err; cat err
exec 3<file; read first <&3; read second <&3; exec 3<&-; echo "$first/$second"
(set -C; echo no > file) 2>&1; echo "status $?"
echo "== substitution and pipes"
count=$(printf '%s\n' a b c | wc -l); echo $count
false | true; echo $?; ! true; echo $?
(exit 7); echo $?
echo "`echo nested \`echo inner\``"
echo "== reading"
printf 'a b  c\nd\\e\\\nf\n' | while read x y; do echo "[$x][$y]"; done
printf 'd\\e\n' | { read -r raw; echo "$raw"; }
echo "== getopts"
options() { OPTIND=1; while getopts ab:c opt; do echo "$opt ${OPTARG-}"; done; shift $((OPTIND - 1)); echo "rest $*"; }
options -a -b value -c x y
options -z 2>&1
echo "== traps"
sh -c 'trap "echo leaving" EXIT; echo working; exit 4'; echo $?
sh -c 'trap "echo caught" TERM; kill -TERM $$; echo after'
sh -c 'trap "" INT; kill -INT $$; echo still here'
sh -c 'kill -KILL $$'; echo $?
sh -c 'trap "echo usr1; exit 9" USR1; sleep 10 & wait_for=$!; (sleep 0.2; kill -USR1 $$) & wait $wait_for; echo not reached'
echo $?
echo "== jobs"
sleep 0.1 & wait $!; echo $?
(exit 5) & wait $!; echo $?
sleep 30 & kill $!; wait $! 2>/dev/null; echo $?
sleep 30 & jobs | sed 's/ *$//'; kill $!; wait %1 2>/dev/null; echo $?
echo "== options"
sh -e -c 'false; echo not reached'; echo $?
sh -u -c 'echo $undefined' 2>&1; echo $?
sh -n -c 'echo not run'; echo $?
sh -x -c 'a=1; echo $a' 2>&1
sh -c 'syntax (' 2>&1; echo $?
echo "== eval, alias, dot, command"
eval 'a=1; b=$a$a'; echo $b
echo 'echo from dot $1' > dot; . ./dot arg
command -v cd; command -v ls; type true
hash -r; ulimit -c 0; ulimit -c
umask 027; umask; umask -S; umask 022
test -d . -a ! -f . && echo directory
[ a \< b ] && [ 10 -gt 9 ] && echo ordered
printf '%5.2f|%-5s|%05d|%x|%c|%b\n' 3.14159 ab 42 255 xyz 'a\tb'
kill -l 9; [ "$(sh -c 'echo $PPID')" -eq $$ ] && echo parent
