{ Making, listing and removing directories. }
program directories;

{$H+}

uses
  BaseUnix, Classes, SysUtils;

var
  names: TStringList;
  found: TSearchRec;
  directory: pDir;
  entry: pDirent;
  i: LongInt;
  start, name: String;

procedure Touch(const name: String);
begin
  FileClose(FileCreate(name));
end;

procedure ListAll(const pattern: String);
var
  total: Int64;
begin
  names.Clear;
  total := 0;
  if FindFirst(pattern, faAnyFile, found) = 0 then
    repeat
      names.Add(Format('%s %s', [found.Name, BoolToStr(found.Attr and faDirectory <> 0, 'directory', 'file')]));
      if found.Attr and faDirectory = 0 then
        total := total + found.Size;
    until FindNext(found) <> 0;
  FindClose(found);
  names.Sort;
  WriteLn(pattern, ': ', names.Count, ', ', total, ' bytes');
  for i := 0 to names.Count - 1 do
    if i < 8 then
      WriteLn('  ', names[i]);
end;

begin
  names := TStringList.Create;
  start := GetCurrentDir;
  WriteLn(CreateDir('tree'), CreateDir('tree'), ForceDirectories('tree/a/b/c'), DirectoryExists('tree/a/b'));
  WriteLn(SetCurrentDir('tree'), ' ', GetCurrentDir = start + '/tree');
  for i := 1 to 300 do
    Touch(Format('a-file-with-a-rather-long-name-%.3d.txt', [i]));
  ListAll('*');
  ListAll('*-0?0.txt');
  WriteLn(FileExists('a'), FileExists('b'), DirectoryExists('a'));

  directory := FpOpendir(PChar('.'));
  i := 0;
  repeat
    entry := FpReaddir(directory^);
    if entry <> nil then
    begin
      name := entry^.d_name;
      if (name <> '.') and (name <> '..') then
        Inc(i, Length(name));
    end;
  until entry = nil;
  FpClosedir(directory^);
  WriteLn('letters in all names: ', i);

  WriteLn('not empty: ', RemoveDir('a'), ' ', FpRmdir('a') <> 0);
  WriteLn(RemoveDir('a/b/c'), RemoveDir('a/b'), RemoveDir('a'));
  for i := 1 to 300 do
    if not DeleteFile(Format('a-file-with-a-rather-long-name-%.3d.txt', [i])) then
      WriteLn('cannot delete ', i);
  WriteLn(SetCurrentDir('..'), RemoveDir('tree'), DirectoryExists('tree'));
  WriteLn(SetCurrentDir('tree'), ' ', fpgeterrno = ESysENOENT);
end.
