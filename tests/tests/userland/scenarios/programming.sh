# Tools for programs: as, ld, ar, nm, yacc, lex, ctags, indent, lint-like ones.
cat > add.s <<'END'
	.globl add
	.type add,@function
add:	lea (%rdi,%rsi),%rax
	ret
	.size add,.-add
	.data
	.globl table
table:	.quad 1,2,3
	.section .note.GNU-stack,"",@progbits
END
cat > main.s <<'END'
	.globl _start
_start:	mov $40,%rdi
	mov $2,%rsi
	call add
	mov %rax,%rdi
	mov $1,%rax
	syscall
END
echo "== as ld"
as -o add.o add.s; as -o main.o main.s; ar -rcs libadd.a add.o; ar -t libadd.a
ld -o prog main.o -L. -ladd; file -b prog | cut -d, -f1-4; brandelf -t FreeBSD prog; ./prog
echo $?
echo 'bad instruction' | as -o x.o - 2>&1 | tail -n 1; ld -o x main.o 2>&1 | sed 's/(.text.*)//' | tail -n 1
echo "== nm size objdump readelf strip"
nm add.o; nm prog | awk '{ print $2, $3 }' | sort | head -n 5
size add.o | tail -n 1 | awk '{ print $1, $2, $3 }'; objdump -d add.o | tail -n 3
objdump -h add.o | grep -c '^ *[0-9]'; readelf -h add.o | egrep 'Class|Type|OS/ABI'
readelf -s add.o | grep add; cp prog stripped; strip stripped; nm stripped 2>&1; ./stripped
echo $?; objcopy -O binary -j .data add.o raw; od -An -td4 raw; addr2line -e prog 0x400000
strings -n 4 /bin/echo | grep -c .; elfdump -e prog | head -n 3
ldd /bin/ls | awk '{ print $1 }'; ranlib libadd.a
lorder add.o main.o | tsort 2>/dev/null | tr '\n' ' '; echo; gprof 2>&1 | head -n 1
ld -r -o both.o add.o main.o; nm both.o | wc -l; ld -shared -o libadd.so add.o
file -b libadd.so | cut -d, -f1
echo "== yacc lex"
cat > calc.y <<'END'
%{
#include <stdio.h>
%}
%token NUMBER
%left '+' '-'
%left '*'
%%
line: expr '\n' { printf("%d\n", $1); };
expr: expr '+' expr { $$ = $1 + $3; } | expr '*' expr { $$ = $1 * $3; } | NUMBER | '(' expr ')' { $$ = $2; };
END
yacc -d -v calc.y; ls y.*; grep -c 'define NUMBER' y.tab.h; grep -c '^state' y.output
printf '%%%%\ns: x\n' > bad.y; yacc bad.y 2>&1; echo $?
cat > words.l <<'END'
%option noyywrap
%%
[a-z]+	{ words++; }
\n	{ lines++; }
.	;
%%
END
lex words.l; ls lex*; grep -c yylex lex.yy.c | awk '{ print ($1 > 0) }'
printf '%%%%\n[a-z\n' > bad.l; lex -o bad.c bad.l 2>&1; flex -t words.l | cmp - lex.yy.c | wc -l
echo "== source"
cat > prog.c <<'END'
#include <stdio.h>
#define MAX 10
int global;
struct point { int x, y; };
static int helper(int a) { if (a > MAX) { return a; } else return -a; }
int
main(int argc, char **argv)
{
	printf("%d\n", helper(argc));
	return 0;
}
END
ctags prog.c; cut -f1,2 tags; ctags -x prog.c; indent -st < prog.c | head -n 20
printf '#ifdef A\na\n#elif defined(B)\nb\n#else\nc\n#endif\n' > cond.h; unifdef -DA cond.h
unifdef -UA -UB cond.h; what /bin/cat | head -n 1
ident /usr/lib/crt1.o | wc -l | awk '{ print ($1 > 0) }'; gencat -h 2>&1 | head -n 1
mkstr messages xx_ prog.c; xstr -c prog.c; head -n 2 x.c; rpcgen -? 2>&1 | head -n 1
colcrt < /dev/null; file2c 'const char data[] = {' '};' < cond.h | head -n 2
gperf --version | head -n 1; printf 'int\nfloat\nchar\n' | gperf | grep -c TOTAL_KEYWORDS
c99 -? 2>&1 | head -n 1
