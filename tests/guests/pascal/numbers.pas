{ Strings, sorting, classes and floating point: nothing but the processor's state is at stake. }
program numbers;

{$mode objfpc}{$H+}

uses
  Classes, Math, SysUtils, fgl;

type
  TNumbers = specialize TFPGList<Integer>;
  TNames = specialize TFPGMap<String, Integer>;

  TShape = class
    function Area: Double; virtual; abstract;
  end;

  TCircle = class(TShape)
    function Area: Double; override;
  end;

  TSquare = class(TShape)
    function Area: Double; override;
  end;

var
  list: TNumbers;
  names: TNames;
  i: Integer;
  sum: Double;
  text, wide: UnicodeString;
  shape: TShape;
  stream: TMemoryStream;

function TCircle.Area: Double;
begin
  Result := Pi;
end;

function TSquare.Area: Double;
begin
  Result := 4;
end;

function Ascending(const a, b: Integer): Integer;
begin
  Result := a - b;
end;

begin
  list := TNumbers.Create;
  for i := 1 to 10000 do
    list.Add(i * 7919 mod 10007);
  list.Sort(@Ascending);
  WriteLn(list[0], ' ', list[4999], ' ', list[9999]);
  names := TNames.Create;
  names.Sorted := True;
  for i := 1 to 500 do
    names[Format('name-%d', [i mod 100])] := i;
  WriteLn(names.Count, ' ', names['name-42'], ' ', names.Keys[7]);

  sum := 0;
  for i := 1 to 2000000 do
    sum := sum + Sin(i) * Sqrt(i) / Ln(i + 1);
  WriteLn(sum:0:9);
  WriteLn(Power(2, 0.5):0:15, ' ', ArcTan2(1, 3):0:15, ' ', Exp(1):0:15);
  WriteLn(FloatToStr(1 / 3), ' ', Format('%.3f|%8d|%-8s|%x', [2.5, 42, 'left', 255]));
  WriteLn(IsNan(NaN), ' ', IsInfinite(Infinity), ' ', RoundTo(2.675, -2):0:2, ' ', Round(2.5), ' ', Trunc(-2.5));

  text := 'grüße';
  wide := UTF8Decode(UTF8Encode(text) + ' ' + UpperCase('abc'));
  WriteLn(Length(wide), ' ', Pos('abc', LowerCase('xABCx')), ' ', StringReplace('a-b-c', '-', '+', [rfReplaceAll]));
  shape := TCircle.Create;
  sum := shape.Area;
  shape.Free;
  shape := TSquare.Create;
  WriteLn((sum + shape.Area):0:6);
  shape.Free;
  stream := TMemoryStream.Create;
  for i := 1 to 1000 do
    stream.WriteAnsiString(IntToStr(i));
  stream.Position := 0;
  for i := 1 to 999 do
    stream.ReadAnsiString;
  WriteLn(stream.ReadAnsiString, ' ', stream.Size);
end.
