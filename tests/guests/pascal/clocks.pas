{ Time: of day, elapsed, slept, formatted. }
program clocks;

uses
  BaseUnix, Unix, SysUtils, DateUtils;

var
  before, after: TTimeVal;
  pause, left: TTimeSpec;
  ticks: QWord;
  used: Tms;
  i: LongInt;
  moment: TDateTime;

function Micros(const value: TTimeVal): Int64;
begin
  Micros := Int64(value.tv_sec) * 1000000 + value.tv_usec;
end;

begin
  FpGetTimeOfDay(@before, nil);
  WriteLn('plausible: ', before.tv_sec > 1600000000, ' ', Abs(FpTime - before.tv_sec) <= 1);
  pause.tv_sec := 0;
  pause.tv_nsec := 30000000;
  WriteLn('slept: ', FpNanoSleep(@pause, @left));
  FpGetTimeOfDay(@after, nil);
  WriteLn('long enough: ', Micros(after) - Micros(before) >= 29000, ' not too long: ', Micros(after) - Micros(before) < 3000000);
  ticks := GetTickCount64;
  Sleep(20);
  WriteLn('ticks: ', GetTickCount64 - ticks >= 19);
  pause.tv_nsec := 2000000000;
  WriteLn('too many nanoseconds: ', FpNanoSleep(@pause, @left), ' ', fpgeterrno = ESysEINVAL);
  for i := 1 to 1000 do
    FpTimes(used);
  WriteLn('used: ', used.tms_utime >= 0);
  WriteLn('now: ', YearOf(Now) > 2020);
  moment := EncodeDate(2024, 2, 29) + EncodeTime(13, 37, 42, 500);
  WriteLn(FormatDateTime('yyyy-mm-dd hh:nn:ss.zzz', moment), ' ', DayOfWeek(moment), ' ', DateTimeToUnix(moment));
  WriteLn(FormatDateTime('yyyy-mm-dd hh:nn:ss', UnixToDateTime(1000000000)));
end.
