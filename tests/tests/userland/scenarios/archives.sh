# Archives and compression.
umask 022
mkdir -p src/sub; jot 200 > src/numbers; printf 'binary\0\001\377' > src/binary
ln -s numbers src/link; ln src/numbers src/sub/hard; mkfifo src/sub/fifo; : > 'src/empty file'
chmod 755 src src/sub; chmod 600 src/binary
find src -exec touch -h -t 200102030405.06 {} +
same() { (cd src && find . ! -type p | sort | xargs -I% stat -f '%Sp %z %N' %) | grep -v ^d > want; (cd $1 && find . ! -type p | sort | xargs -I% stat -f '%Sp %z %N' %) | grep -v ^d > got; diff want got && diff -r src $1 2>&1 | grep -v fifo; rm -rf $1; echo "$1 done"; }
echo "== tar"
tar -cf a.tar src; tar -tf a.tar | sort
tar -tvf a.tar src/binary | awk '{ print $1, $5, $6, $7, $9 }'
mkdir t && tar -xpf a.tar -C t && mv t/src t1 && same t1
for z in z j J y; do tar -c${z}f a.t$z src; mkdir -p t; tar -xf a.t$z -C t && mv t/src t2 && same t2; file -b a.t$z | cut -d, -f1; done
tar -cf - src | tar -xf - -C t; mv t/src t3; same t3; tar -xOf a.tar src/numbers | tail -n 1
tar -rf a.tar want; tar -tf a.tar | tail -n 1; tar --exclude '*sub*' -cf b.tar src
tar -tf b.tar | sort; tar -xf nosuch 2>&1; echo $?; tar -cf c.tar --format pax src
tar -cf d.tar --format ustar src; tar -cf e.cpio --format cpio src; tar -tf e.cpio | wc -l
tar -cf @a.tar nosuch 2>&1 | head -n 1; tar -s /src/renamed/ -cf r.tar src/numbers
tar -tf r.tar; echo src/numbers > names; tar -T names -cf n.tar; tar -tf n.tar
tar -tf a.tar --fast-read src/numbers; tar -czf - src | gunzip | tar -tf - | wc -l
printf 'not an archive' | tar -tf - 2>&1
tar -cf iso.iso --format iso9660 src/numbers && file -b iso.iso | cut -d" " -f1-4
echo "== cpio pax"
find src ! -type p | cpio -o --quiet > a.cpio; cpio -it --quiet < a.cpio | sort
mkdir c && (cd c && cpio -idm --quiet < ../a.cpio && mv src ../c1) && same c1
find src ! -type p | cpio -pdm --quiet c && mv c/src c2 && same c2
find src -name numbers | cpio -o -H newc 2>&1 > n.cpio | tail -n 1
pax -w -f a.pax src; pax -f a.pax | sort
mkdir p && (cd p && pax -r -pp -f ../a.pax && mv src ../p1) && same p1
pax -rw -pp src p && mv p/src p2 && same p2; pax -w -x cpio -f b.pax src/numbers
pax -v -f b.pax | awk '{ print $1, $NF }'; pax -w -s ,src,other, src/numbers | pax
echo "== gzip"
jot 5000 > n; gzip -k n; gzip -l n.gz | awk 'NR == 2 { print $2, $4 }'; gunzip -c n.gz | cmp - n
gzip -t n.gz && echo ok; zcat n.gz | tail -n 1; rm n; gunzip n.gz; ls n*; gzip -c n > x.gz
cat x.gz x.gz | zcat | wc -l; printf broken | gunzip 2>&1; echo $?
dd if=x.gz bs=100 count=1 2>/dev/null | gunzip 2>&1 >/dev/null; gzip nosuch 2>&1; gzip -S .zz n
ls n*; gunzip -S .zz n.zz; gzip -9 < n | wc -c | awk '{ print ($1 < 15000) }'
gzip -N -c n | gunzip -l -v | awk 'NR == 2 { print $1, $NF }'
compress -c n > n.Z; zcat n.Z | cmp - n; gunzip -c n.Z | tail -n 1; uncompress -c n.Z | wc -l
echo "== bzip2"
bzip2 -k n; bzcat n.bz2 | cmp - n; bzip2 -tv n.bz2 2>&1; bunzip2 -c < n.bz2 | tail -n 1
bzip2 n 2>&1; rm n; bunzip2 n.bz2; printf broken | bunzip2 2>&1 | head -n 1
echo "== xz"
xz -k n; xzcat n.xz | cmp - n; xz -l n.xz | awk 'NR == 2 { print $1, $NF }'
xz -t n.xz && echo ok; lzma -k n; unlzma -c n.lzma | cmp - n
xz --robot -l n.xz | awk '/^file/ { print $2, $5 }'; printf broken | xz -d 2>&1; echo $?
unxz -c n.xz | md5; md5 < n; xz -0 -c n | xz -dc | wc -l
echo "== others"
zdiff n.xz n 2>&1 | head -n 1; printf 'x' > one; shar one; ar -rcs lib.a one n
ar -tv lib.a | awk '{ print $1, $3, $NF }'; ar -p lib.a one; echo; ar -d lib.a n; ar -t lib.a
tar -cf z.zip --format zip src/numbers src/link
unzip -l z.zip | awk 'NR > 3 { print $1, $4 }' | head -n 2; mkdir u; unzip -q -d u z.zip
cmp u/src/numbers src/numbers; unzip -p z.zip src/numbers | tail -n 1
