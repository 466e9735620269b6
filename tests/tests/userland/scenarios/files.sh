# Files: made, copied, linked, moved, found, described, removed.
umask 022
mkdir -p tree/a/b tree/c; echo one > tree/a/one; echo two > tree/a/b/two; ln -s one tree/a/link
mkfifo tree/c/pipe; ln tree/a/one tree/c/hard; : > tree/c/.hidden
touch -t 200102030405.06 tree/a/one tree/a/b/two tree/c/.hidden tree/c/pipe
touch -h -t 200102030405.06 tree/a/link; touch -t 200102030405.06 tree/a/b tree/a tree/c tree
echo "== ls"
ls tree; ls -RI tree; ls -A tree/c; ls -FI tree tree/a tree/c; ls -1 -t tree/a; ls -p tree
ls -lT tree/a | awk '{ print $1, $2, $5, $6, $7, $8, $9, $10 $11 $12 }' | sed 's/^\(d[^ ]* [0-9]*\) [0-9]*/\1 N/; 1d'
ls -di tree/a/one tree/c/hard | awk '{ print $1 }' | uniq | wc -l; ls nosuch 2>&1; echo $?
ls -m tree/a; ls -x tree/a; ls -s tree/c/.hidden; ls -lo tree/c/.hidden | awk '{ print $5 }'
echo "== stat"
stat -f '%N %HT %z %Sp %l %Sm' -t %Y tree/a/one tree/a/link tree/c/pipe
stat -L -f '%N %HT' tree/a/link
stat -s tree/a/one | tr ' ' '\n' | egrep 'st_(mode|size|nlink|mtime|flags)'
stat -x tree/a/one | sed -n '1,2p' | sed 's/Device.*//'
stat -r tree/a/one | awk '{ print $8, $10 }'
stat -F tree/a/link tree/a | awk '{ print $NF, $1 }'; stat nosuch 2>&1
echo "== cp"
cp -R tree copy; find copy | sort; cp -Rp tree kept; stat -f '%N %m' kept/a/one kept/c
cp -RL tree/a followed; ls -F followed; cp tree/a/one tree/a/b/two copy/c; ls -I copy/c
cp -n tree/a/b/two copy/c/one; cat copy/c/one; cp tree tree2 2>&1; cp -l tree/a/one linked
stat -f %l linked; cp -v tree/a/one new; cp nosuch x 2>&1; echo $?; cp -a tree archive
diff -r tree/a archive/a && echo same
echo "== mv rm"
mv -v new newer; mkdir dir; mv newer linked dir; ls dir; mv -n dir/newer dir/linked; ls dir
mv dir dir2; mv nosuch x 2>&1; mv dir2 tree; ls tree; rm dir2 2>&1; rm -r tree/dir2
rm -rf nosuch; echo $?; rmdir tree 2>&1; mkdir -p x/y/z; rmdir -p x/y/z; ls -d x 2>&1
rm -v tree/a/link; mkdir -m 700 private; stat -f %Lp private; mkdir private 2>&1
install -d -m 750 i/j; stat -f %Lp i/j
echo "== ln readlink"
ln -s ../a/one tree/c/up; cat tree/c/up; readlink tree/c/up
readlink -f tree/c/up | sed "s|$PWD|PWD|"; realpath tree/c/../a | sed "s|$PWD|PWD|"
ln -sf nothing tree/c/up; cat tree/c/up 2>&1; ln -s loop loop; cat loop 2>&1
ln tree/a tree/d 2>&1; ln -sfn tree/c pointer; ln -sfn tree/a pointer; readlink pointer
ln -shf tree/c pointer; readlink pointer
echo "== chmod"
for mode in 000 755 u+s,g-w a=r u=rwx,go= +x g+w,o-r 4755; do chmod $mode tree/a/one; stat -f %Mp%Lp tree/a/one | tr '\n' ' '; done
echo; chmod -R go-rwx tree/a
find tree/a -exec stat -f '%Sp' {} + | sort | uniq -c | awk '{ print $1, $2 }'
chmod nosuch tree 2>&1; chmod 644 nosuch 2>&1; chmod -h 777 pointer; stat -f %Sp pointer
echo "== chflags"
chflags nodump tree/a/one; ls -lo tree/a/one | awk '{ print $5 }'; stat -f %Sf,%f tree/a/one
chflags hidden,uarch tree/a/one; ls -lo tree/a/one | awk '{ print $5 }'
chflags nohidden tree/a/one; stat -f %Sf,%f tree/a/one; chflags opaque tree/a
stat -f %Sf tree/a; chflags 0 tree/a; chflags nouarch,nodump tree/a/one
find tree -flags nodump; cp -p tree/a/one flagged; stat -f %Sf flagged
chflags 0 tree/a/one flagged; stat -f '%Sf' tree/a/one; chflags bogus tree 2>&1
echo "== extended attributes"
setextattr user colour blue tree/a/one; lsextattr user tree/a/one
getextattr -q user colour tree/a/one; setextattr user size large tree/a/one
lsextattr -q user tree/a/one | tr '\t' '\n' | sort; rmextattr user colour tree/a/one
getextattr user colour tree/a/one 2>&1; cp -p tree/a/one attributed
echo "== access control lists"
echo x > listed; chmod 644 listed; setfacl -m u:daemon:r,g:bin:rw listed; getfacl -q listed
ls -l listed | cut -c1-11; cp -p listed listed2; getfacl -q listed2; setfacl -b -n listed
getfacl -q listed; setfacl -m m::x listed2; getfacl -q listed2; chmod 600 listed2
getfacl -q listed2; mkdir heir; setfacl -d -m u::rwx,g::rx,o::,u:bin:rwx,m::rwx heir
getfacl -dq heir; touch heir/new; getfacl -q heir/new; setfacl -k heir; getfacl -dq heir
setfacl -d -m u::rwx listed 2>&1; setfacl -m u:nosuch:r listed 2>&1; rm -r listed* heir
echo "== find"
rm -rf copy kept followed archive flagged attributed
find tree -type f | sort; find tree -name '*o*' -type f -print | sort; find tree -type p
find tree -mindepth 2 -maxdepth 2 | sort; find tree -newermt 2010-01-01 | sort | head -n 3
find tree -size -2 -type f | sort; find tree -perm -u+r -type f | sort
find tree -type f -exec cat {} \; | sort; find tree -type d -empty; find . -name one -delete
find tree -name one; find tree -type l -lname noth\*; find tree -path '*/b/*'
find tree -regex '.*/t[a-z]*' | sort; find -E tree -iregex '.*/(TWO|THREE)'; find tree -prune
find tree ! -type d | wc -l; find tree -links +1 -type f; find tree -depth -type d
find tree -name two -ls | awk '{ print $3, $4, $7, $NF }'; find nosuch 2>&1
find tree -type f -print0 | xargs -0 -n 1 basename | sort; find -s tree
echo "== touch truncate dd"
touch -d 2011-12-13T14:15:16 t; stat -f %Sm -t '%F %T' t; touch -A 010000 t
stat -f %Sm -t '%F %T' t; touch -r t u; stat -f %m u; touch -c nosuch; ls nosuch 2>&1
truncate -s 10k big; stat -f %z big; truncate -s +1 big; truncate -s -1k big; stat -f %z big
dd if=/dev/zero of=zeros bs=1k count=3 2>/dev/null; wc -c zeros
printf abcdefgh | dd bs=2 skip=1 count=2 2>&1 | sed 's/in [0-9.]* secs.*/in TIME/'
printf XY | dd of=zeros conv=notrunc bs=1 seek=5 2>/dev/null; od -c -N 8 zeros
printf 'Hello' | dd conv=ucase,swab 2>/dev/null; echo
printf 'abc' | dd conv=sync bs=8 2>/dev/null | od -c
dd if=/dev/zero of=sparse bs=1 count=1 seek=1m 2>/dev/null
du -k sparse | awk '{ print ($1 < 20) }'; du -Ak sparse
echo "== du df mktemp test"
mkdir d; dd if=/dev/zero of=d/f bs=4k count=4 2>/dev/null; du -ah d | wc -l
df -k . | tail -n 1 | awk '{ print (NF >= 6) }'; mktemp -d tmp.XXXXXX | sed 's/\..*/.RANDOM/'
mktemp -t pre | sed 's/\..*/.RANDOM/'
[ -e t -a -f t -a ! -d t -a -r t -a -w t -a ! -x t -a ! -s t -a -s big ] && echo tests
[ t -nt zeros ]; echo $?; [ t -ot zeros ]; echo $?; [ pointer -ef tree/c ]; echo $?
[ -L pointer -a -p tree/c/pipe ]; echo $?; pathchk -p 'a:b' 2>&1; basename /a/b/c.txt .txt
dirname /a/b/c.txt a; cmp zeros big 2>&1; cmp -s t u && echo equal
echo "== install mtree"
printf 'data\n' > src; install -m 640 src dst; stat -f %Lp dst; install -b src dst; ls dst*
install -C -m 600 src dst; stat -f %Lp dst; install src nodir/ 2>&1 | head -n 1
mkdir m; echo a > m/a; ln -s a m/l; mkdir m/s; chmod 644 m/a; chmod 755 m m/s
touch -t 200101010000 m/a; mtree -c -n -k type,mode,size,link,md5digest -p m | grep -v '^#'
mtree -c -k size,sha256digest,mode,type -p m > spec; mtree -f spec -p m; echo $?; echo bb > m/a
chmod 600 m/a; touch m/extra; mtree -f spec -p m 2>&1 | grep -v modification
mtree -u -f spec -p m >/dev/null; stat -f %Lp m/a; rm m/a; mtree -f spec -p m
