{ Text and typed files through the run-time library, and the codes of what fails. }
program textfiles;

{$I-}

type
  TRecord = record
    number: LongInt;
    name: String[20];
  end;

var
  text_file: Text;
  records: file of TRecord;
  raw: file;
  one: TRecord;
  line: String;
  i, lines: LongInt;
  count: LongInt;
  buffer: array[0..9999] of Byte;

{ The code is asked for first: while one is pending, nothing is written. }
procedure Report(const what: String; only_whether: Boolean);
var
  code: Word;
begin
  code := IOResult;
  if only_whether then
    WriteLn(what, ': ', code <> 0)
  else
    WriteLn(what, ': ', code);
end;

begin
  Assign(text_file, 'words.txt');
  Rewrite(text_file);
  for i := 1 to 1000 do
    WriteLn(text_file, 'line ', i, ' ', i * 1.5:8:3);
  Close(text_file);
  Append(text_file);
  WriteLn(text_file, 'the last');
  Close(text_file);
  Report('written', False);

  Reset(text_file);
  lines := 0;
  while not Eof(text_file) do
  begin
    ReadLn(text_file, line);
    Inc(lines);
    if (lines mod 250 = 0) or Eof(text_file) then
      WriteLn(lines, ' ', line);
  end;
  Close(text_file);

  Assign(records, 'records.dat');
  Rewrite(records);
  for i := 0 to 99 do
  begin
    FillChar(one, SizeOf(one), 0);
    one.number := i * i;
    Str(i, one.name);
    Write(records, one);
  end;
  WriteLn('records: ', FileSize(records), ' at ', FilePos(records));
  Seek(records, 42);
  Read(records, one);
  WriteLn(one.number, ' ', one.name);
  Seek(records, 50);
  Truncate(records);
  WriteLn('cut to ', FileSize(records));
  Close(records);

  Assign(raw, 'records.dat');
  Reset(raw, 1);
  BlockRead(raw, buffer, SizeOf(buffer), count);
  WriteLn('bytes: ', count, ' expected ', 50 * SizeOf(TRecord));
  Close(raw);

  Rename(raw, 'renamed.dat');
  Report('renamed', False);
  Assign(raw, 'records.dat');
  Reset(raw, 1);
  Report('absent', False);
  Assign(raw, '/');
  Rewrite(raw, 1);
  Report('a directory', True);
  Assign(raw, 'renamed.dat');
  Erase(raw);
  Report('erased', False);
  Erase(raw);
  Report('erased again', False);
  Assign(raw, 'words.txt/below');
  Rewrite(raw, 1);
  Report('through a file', False);
end.
