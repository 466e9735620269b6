{ What the system says of files, and changing it. }
program status;

uses
  BaseUnix, Unix, SysUtils;

var
  info, other: Stat;
  times: UTimBuf;
  descriptor: cint;

procedure Show(const name: String);
begin
  if FpLstat(name, info) <> 0 then
    WriteLn(name, ': none')
  else
    WriteLn(name, ': mode ', OctStr(info.st_mode, 6), ' links ', info.st_nlink, ' size ', info.st_size);
end;

begin
  FpUmask(&022);
  descriptor := FpOpen('plain', O_RdWr or O_Creat or O_Excl, &666);
  WriteLn('wrote ', FpWrite(descriptor, 'twelve bytes', 12));
  WriteLn('again: ', FpOpen('plain', O_RdWr or O_Creat or O_Excl, &666), ' ', fpgeterrno = ESysEEXIST);
  Show('plain');
  WriteLn(FpChmod('plain', &600), FpFtruncate(descriptor, 5));
  Show('plain');
  WriteLn(FpLink('plain', 'hard'), FpSymlink('plain', 'soft'), FpSymlink('nowhere', 'dangling'));
  FpLstat('soft', info);
  WriteLn('soft is a link: ', FpS_ISLNK(info.st_mode), ' to ', FpReadLink('soft'));
  WriteLn('dangling: ', FpStat('dangling', info), ' ', fpgeterrno = ESysENOENT);
  FpStat('hard', info);
  FpFstat(descriptor, other);
  WriteLn('one file: ', (info.st_ino = other.st_ino) and (info.st_dev = other.st_dev), ', ', info.st_nlink, ' links');
  WriteLn('mine: ', info.st_uid = FpGetuid, ' regular: ', FpS_ISREG(info.st_mode));

  times.actime := 1000000000;
  times.modtime := 1100000000;
  WriteLn('times: ', FpUtime('plain', @times));
  FpStat('plain', info);
  WriteLn(info.st_atime, ' ', info.st_mtime, ' ', FileAge('plain') <> -1);

  WriteLn('access: ', FpAccess('plain', R_OK or W_OK), ' ', FpAccess('absent', F_OK));
  WriteLn('renamed: ', FpRename('plain', 'moved'), ' ', FpAccess('plain', F_OK));
  WriteLn('unlinked: ', FpUnlink('moved'), FpUnlink('hard'), FpUnlink('soft'), FpUnlink('dangling'));
  FpFstat(descriptor, info);
  WriteLn('open still: ', info.st_nlink, ' links, ', info.st_size, ' bytes');
  WriteLn('closed: ', FpClose(descriptor), ' ', FpClose(descriptor), ' ', fpgeterrno = ESysEBADF);
  WriteLn('fifo: ', FpMkfifo('fifo', &644));
  Show('fifo');
  FpStat('/dev/null', info);
  WriteLn('null is a character device: ', FpS_ISCHR(info.st_mode));
end.
