{ Ends as told: an exit code, a run-time error, an exception, a signal. }
program failures;

{$mode objfpc}{$R+}{$Q+}

uses
  BaseUnix, SysUtils;

var
  zero, index: Integer;
  small: array[0..3] of Integer;
  file_name: Text;

begin
  zero := Length(ParamStr(9));
  case ParamStr(1) of
    'halt': Halt(StrToInt(ParamStr(2)));
    'error': RunError(StrToInt(ParamStr(2)));
    'divide': WriteLn(1 div zero);
    'range':
      begin
        index := 4 + zero;
        small[index] := 1;
        WriteLn(small[0]);
      end;
    'open':
      begin
        Assign(file_name, '/no/such/file');
        Reset(file_name);
      end;
    'raise': raise Exception.Create('as told');
    'nowhere': PInteger(PtrUInt(zero))^ := 1;
    'kill':
      begin
        FpKill(FpGetpid, StrToInt(ParamStr(2)));
        Sleep(10000);
      end;
  end;
end.
