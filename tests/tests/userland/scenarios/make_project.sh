# make: a project of three directories, with tools of its own, built, rebuilt and cleaned.
mkdir -p lib app doc mk tools
cat > tools/compile <<'END'
#!/bin/sh
# compile SOURCE OBJECT: every line in capitals
tr a-z A-Z < "$1" > "$2"
END
chmod +x tools/compile
cat > mk/prog.mk <<'END'
.SUFFIXES: .src .obj
OBJS=	${SRCS:.src=.obj}
all: ${TARGET}
.src.obj:
	@echo "compile ${.IMPSRC:T} -> ${.TARGET:T}"
	@${TOP}/tools/compile ${.IMPSRC} ${.TARGET}
${TARGET}: ${OBJS}
	@echo "link ${.TARGET} from ${.ALLSRC:O}"
	@cat ${.ALLSRC:O} > ${.TARGET}
clean:
	@rm -f ${OBJS} ${TARGET}
.PHONY: all clean
END
cat > Makefile <<'END'
SUBDIRS=	lib app
all: ${SUBDIRS:S/$/.all/}
clean: ${SUBDIRS:S/$/.clean/}
.for dir in ${SUBDIRS}
.for target in all clean
${dir}.${target}:
	@echo "==> ${dir}"
	@cd ${.CURDIR}/${dir} && ${MAKE} ${target}
.endfor
.endfor
app.all: lib.all
.PHONY: all clean
END
for part in lib app; do
	cat > $part/Makefile <<END
TOP=	\${.CURDIR}/..
TARGET=	$part.out
SRCS!=	ls *.src
.include "\${TOP}/mk/prog.mk"
END
done
printf 'one\n' > lib/a.src; printf 'two\n' > lib/b.src; printf 'main uses lib\n' > app/main.src
echo "== build"; make; cat lib/lib.out app/app.out
echo "== nothing to do"; make | grep -v '==>'
echo "== one changed"; sleep 1.1; printf 'three\n' > lib/b.src; make
echo "== dry"; touch -t 203001010000 app/main.src; make -n 2>&1 | grep -v cd
echo "== parallel"; make clean; make -j 4 > out 2>&1; grep -c compile out; cat lib/lib.out
echo "== variables"
cat > vars.mk <<'END'
LIST=	delta alpha charlie bravo
EMPTY=
A?=	default
B:=	${A}
A+=	more
C!=	echo shell
all:
	@echo ${LIST:O} / ${LIST:M*l*} / ${LIST:N*a} / ${LIST:S/a/A/g} / ${LIST:[2]} / ${LIST:C/^(.)/\1\1/}
	@echo ${A} / ${B} / ${C} / ${EMPTY:Uempty} / ${MACHINE} ${MACHINE_ARCH} / ${.CURDIR:T} / ${LIST:tu:Q}
.if ${LIST:Malpha} && !defined(NOTHING) && exists(vars.mk)
	@echo condition
.else
	@echo no condition
.endif
END
make -f vars.mk; make -f vars.mk A=command B=line; make -f vars.mk -V LIST -V C
echo "== errors"
printf 'all: missing\n\t@echo never\nbad:\n\t@echo before; exit 3\n\t@echo after\nignored:\n\t-@false\n\t@echo went on\n' > bad.mk
make -f bad.mk 2>&1; echo "exit $?"
make -f bad.mk bad 2>&1; echo "exit $?"
make -f bad.mk ignored 2>&1 | sed 's/Error code/error/'
make -f nosuch.mk 2>&1; echo "exit $?"
