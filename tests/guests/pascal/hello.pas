{ Arguments, the environment, and an exit code. }
program hello;

uses
  SysUtils;

var
  i: LongInt;

begin
  WriteLn('hello from ', ExtractFileName(ParamStr(0)) <> '');
  for i := 1 to ParamCount do
    WriteLn(i, ': ', ParamStr(i));
  WriteLn('HOME is set: ', GetEnvironmentVariable('HOME') <> '');
  WriteLn('absent: "', GetEnvironmentVariable('NO_SUCH_VARIABLE'), '"');
  WriteLn(StdErr, 'to standard error');
  Halt(3);
end.
