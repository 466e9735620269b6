# csh: its own words for everything.
cat > script.csh <<'END'
set list = (a b c d)
echo $#list $list[2] $list[2-3] $list[$#list]
@ n = 3 * (4 + 5)
@ n++
echo $n
if ($n > 20 && -e script.csh) then
	echo large
else
	echo small
endif
foreach item ($list)
	if ($item == c) continue
	echo -n "$item "
end
echo
set i = 0
while ($i < 3)
	@ i += 1
end
echo $i
switch (main.c)
case *.h:
	echo header
	breaksw
case *.c:
	echo source
	breaksw
default:
	echo other
endsw
setenv COLOUR blue
printenv COLOUR
alias say 'echo said \!*'
say it twice
set path_name = /usr/share/man/sh.1
echo $path_name:t $path_name:h $path_name:r $path_name:e
echo `echo one two | wc -w`
set x = "quoted  text"
echo "$x" '$x'
echo {ab,cd}ef ~root
goto over
echo not reached
over:
false
echo $status
onintr -
sh -c 'exit 3'
if ($status == 3) echo three
set noglob
echo *
unset noglob
pushd /usr >/dev/null
echo $cwd
popd >/dev/null
cat <<EOF
here $n
EOF
(echo in a subshell; exit 2)
echo $status
echo err >& both; cat both
exit 6
END
csh -f script.csh; echo "exit $?"
tcsh -f -c 'set a = (3 1 2); echo $a | tr " " "\n" | sort | tr "\n" " "; echo'
tcsh -f -c 'echo $version' | sed 's/ .*//'
csh -f -c 'echo $undefined' 2>&1
csh -f -c 'nosuchcommand' 2>&1; echo $?
printf 'echo from stdin\nexit 4\n' | csh -f; echo $?
