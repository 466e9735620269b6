# Documents: groff and its filters, mandoc, man.
cat > page.1 <<'END'
.Dd January 1, 2001
.Dt PAGE 1
.Os
.Sh NAME
.Nm page
.Nd an example
.Sh SYNOPSIS
.Nm
.Op Fl a
.Ar file ...
.Sh DESCRIPTION
Text in
.Em italics
and
.Sy bold .
.Bl -tag -width Ds
.It Fl a
All of it.
.El
END
echo "== mandoc"; mandoc page.1 | col -b | sed 's/FreeBSD [0-9][0-9.]*/FreeBSD/g'
mandoc -Tlint page.1; echo $?; mandoc -Thtml page.1 | grep -c '<'
echo "== groff"
groff -Tascii -P-c -mandoc page.1 | col -bx | sed 's/FreeBSD [0-9][0-9.]*/FreeBSD/g' | head -n 12
printf '.TS\nl r.\na\t1\nbb\t22\n.TE\n' | tbl | nroff | sed '/^$/d'
printf '.EQ\nx sup 2 over y\n.EN\n' | neqn | nroff | cat -v | sed '/^$/d'
printf '.PS\nbox "a"; arrow; box "b"\n.PE\n' | pic | groff -Tps | head -n 1
printf 'Hello\n.br\nWorld\n' | groff -Tps | grep -c Hello
printf '.so page.1\n' | soelim | head -n 2; printf 'one two\n' | troff -Tascii | head -n 1
grog page.1; checknr page.1
echo "== man"; man -P cat echo | col -b | head -n 4; man -w echo; whatis cat
apropos nosuchthing; manpath; man nosuchpage 2>&1; echo $?
makewhatis -o whatis.out /usr/share/man; grep -c . whatis.out | awk '{ print ($1 > 500) }'
mkdir -p man/man1; cp page.1 man/man1; man -M $PWD/man -w page | sed "s|$PWD|PWD|"
man -M $PWD/man page | col -b | sed -n 3,4p
echo "== texinfo"
printf '\\input texinfo\n@setfilename t.info\n@settitle T\n@node Top\n@top T\nHello @emph{world}.\n@bye\n' > t.texi
makeinfo t.texi; grep Hello t.info; info -f ./t.info -o - 2>/dev/null | grep Hello
makeinfo --html --no-split t.texi -o t.html; grep -c Hello t.html; ul -t vt100 < /dev/null
vgrind -? 2>&1 | grep vfontedpr; lesskey -V 2>/dev/null | head -n 1; printf 'a\fb\n' | more
echo text | less | cat; look zoolog | head -n 2; jot 3 | pr -t -2 -l 2
