# Comparing, patching, merging and keeping versions.
jot 12 | sed 's/^/line /' > old
sed -e '3s/.*/changed three/' -e '7d' -e '10a\
inserted' old > new
touch -t 200102030405.06 old new
echo "== diff"
diff old new; echo $?; diff -u old new; diff -c old new; diff -e old new; diff -n old new
diff -q old new; diff -y -W 40 old new; diff --brief old old
diff -i -b -w -B old new | head -n 1; diff -U 0 old new | tail -n +3
diff -D NEW old new | head -n 8; printf 'a\nb' > nonl; printf 'a\nb\n' > nl; diff nl nonl
diff -u old /dev/null | sed -n 2,4p | sed 's/null.*/null/'; diff nosuch old 2>&1; echo $?
mkdir d1 d2; cp old d1/f; cp new d2/f; echo x > d1/only; diff -r d1 d2
diff -rN d1 d2 | tail -n 2; diff -rq d1 d2
echo "== patch"
diff -u old new > up; diff -c old new > cp; diff -e old new > ed; diff old new > np
for p in up cp np; do cp old target; patch target $p; cmp target new; done
cp old target; (cat ed; echo w) | ed -s target; cmp target new; patch -R target up
cmp target old; sed 's/line 1$/first/' old > target; patch -s target up; head -n 3 target
ls target*; cp old target; sed 's/line 6/xxx/;s/line 8/yyy/;s/line 2/zzz/' old > target
patch -f target up; echo $?; ls target*; cat target.rej; mkdir -p a/deep; cp old a/deep/file
(cd a; diff -u deep/file ../new | sed 's|\.\./new|deep/file|' | patch -s -p0)
cmp a/deep/file new
(cd a/deep; sed '1,2s|old|x/y/file|;1,2s|new|x/y/file|' ../../up | patch -R -p2 -N; cmp file ../../old)
cp old target; patch -C target up; cmp target old; patch -b target up; ls target.*
echo "== cmp sdiff diff3 merge"
cmp old new; cmp -l nl nonl; cmp -x old new | head -n 2; sdiff -s -w 50 old new
sdiff -w 50 -l old new | head -n 4
sed '1s/.*/mine/' old > mine; sed '12s/.*/yours/' old > yours; diff3 mine old yours
diff3 -m mine old yours | sed -n '1p;$p'; merge -p mine old yours | sed -n '1p;$p'
sed '1s/.*/other/' old > other; diff3 -m mine old other | head -n 8
merge -p mine old other 2>&1 | head -n 8; comm -3 old new
echo "== rcs"
cp old file; ci -q -u -t-description file; co -q -l file; cp new file
ci -q -u -m'second version' file; rlog file | egrep '^(head|total|revision|description|second)'
rcsdiff -q -r1.1 -r1.2 file; co -q -p1.1 file | cmp - old; rcs -q -nRELEASE:1.1 file
rlog -h file | grep RELEASE; ident file; co -q -l file; printf '$''Id$\n$''Revision$\n' >> file
ci -q -u -m'keywords' file; tail -n 2 file | sed 's|[0-9]*/[0-9]*/[0-9]* [0-9:]* [a-z]* |DATE |'
rcsclean file; ls file*
