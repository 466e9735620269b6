{ Mapped memory and files, and a heap under load. }
program memory;

uses
  BaseUnix, SysUtils;

const
  Page = 4096;

var
  area, again: PByte;
  descriptor: cint;
  blocks: array[0..999] of Pointer;
  sizes: array[0..999] of SizeInt;
  i, round, at: LongInt;
  wrong: LongInt;
  seed: LongWord;
  value: Byte;

function Next: LongWord;
begin
  seed := seed * 1664525 + 1013904223;
  Next := seed shr 8;
end;

begin
  area := FpMmap(nil, 10 * Page, PROT_READ or PROT_WRITE, MAP_PRIVATE or MAP_ANONYMOUS, -1, 0);
  WriteLn('mapped: ', area <> Pointer(-1), ' zero: ', area[9 * Page] = 0);
  area[5 * Page] := 77;
  WriteLn('protected: ', FpMprotect(area, 10 * Page, PROT_READ), ' ', area[5 * Page]);
  WriteLn('unmapped: ', FpMunmap(area, 10 * Page));

  descriptor := FpOpen('mapped', O_RdWr or O_Creat, &600);
  FpFtruncate(descriptor, 2 * Page);
  area := FpMmap(nil, 2 * Page, PROT_READ or PROT_WRITE, MAP_SHARED, descriptor, 0);
  again := FpMmap(nil, Page, PROT_READ, MAP_SHARED, descriptor, Page);
  area[Page + 3] := 42;
  FpPread(descriptor, @value, 1, Page + 3);
  WriteLn('shared: ', again[3], ' ', value);
  FpMunmap(area, 2 * Page);
  FpMunmap(again, Page);
  WriteLn('bad: ', FpMmap(nil, Page, PROT_READ, MAP_SHARED, 999, 0) = Pointer(-1), ' ', fpgeterrno = ESysEBADF);

  seed := 1;
  wrong := 0;
  FillChar(blocks, SizeOf(blocks), 0);
  for round := 1 to 50000 do
  begin
    at := Next mod 1000;
    if blocks[at] <> nil then
    begin
      if (PByte(blocks[at])[0] <> at mod 256) or (PByte(blocks[at])[sizes[at] - 1] <> at mod 256) then
        Inc(wrong);
      if round mod 3 = 0 then
      begin
        sizes[at] := 1 + Next mod 40000;
        ReallocMem(blocks[at], sizes[at]);
        FillChar(blocks[at]^, sizes[at], at mod 256);
      end
      else
      begin
        FreeMem(blocks[at]);
        blocks[at] := nil;
      end;
    end
    else
    begin
      sizes[at] := 1 + Next mod 20000;
      GetMem(blocks[at], sizes[at]);
      FillChar(blocks[at]^, sizes[at], at mod 256);
    end;
  end;
  for i := 0 to 999 do
    if blocks[i] <> nil then
      FreeMem(blocks[i]);
  WriteLn('wrong: ', wrong);
  GetMem(area, 200 * 1024 * 1024);
  area[200 * 1024 * 1024 - 1] := 9;
  WriteLn('large: ', area[200 * 1024 * 1024 - 1]);
  FreeMem(area);
end.
