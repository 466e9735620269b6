{ Signals: handlers, masks, waiting, alarms, and faults turned into exceptions. }
program signals;

{$mode objfpc}

uses
  BaseUnix, Unix, SysUtils;

var
  caught: array[1..64] of LongInt;
  sender: TPid;
  action, before: SigActionRec;
  mask, old: TSigSet;
  i, zero: LongInt;
  nowhere: PLongInt;
  real_value: Double;

procedure Plain(number: cint); cdecl;
begin
  Inc(caught[number]);
end;

procedure Informed(number: cint; info: PSigInfo; context: PSigContext); cdecl;
begin
  Inc(caught[number]);
  sender := info^.{$ifdef linux}_sifields._kill._pid{$else}si_pid{$endif};
end;

procedure Install(number: cint; flags: cint; handler: Pointer);
begin
  FillChar(action, SizeOf(action), 0);
  Pointer(action.sa_handler) := handler;
  action.sa_flags := flags;
  if FpSigAction(number, @action, @before) <> 0 then
    WriteLn('cannot install ', number);
end;

begin
  Install(SIGUSR1, 0, @Plain);
  WriteLn('before: ', PtrUInt(Pointer(before.sa_handler)) = SIG_DFL);
  for i := 1 to 5 do
    FpKill(FpGetpid, SIGUSR1);
  WriteLn('caught ', caught[SIGUSR1]);

  Install(SIGUSR2, SA_SIGINFO, @Informed);
  FpKill(FpGetpid, SIGUSR2);
  WriteLn('caught ', caught[SIGUSR2], ' from this process: ', sender = FpGetpid);

  FpSigEmptySet(mask);
  FpSigAddSet(mask, SIGUSR1);
  FpSigProcMask(SIG_BLOCK, @mask, @old);
  FpKill(FpGetpid, SIGUSR1);
  FpKill(FpGetpid, SIGUSR1);
  WriteLn('blocked: ', caught[SIGUSR1]);
  FpSigPending(old);
  WriteLn('pending: ', FpSigIsMember(old, SIGUSR1), FpSigIsMember(old, SIGUSR2));
  FpSigProcMask(SIG_UNBLOCK, @mask, nil);
  WriteLn('unblocked: ', caught[SIGUSR1]);

  FpSigProcMask(SIG_BLOCK, @mask, nil);
  FpKill(FpGetpid, SIGUSR1);
  FpSigEmptySet(old);
  WriteLn('suspended: ', FpSigSuspend(old), ' ', fpgeterrno = ESysEINTR, ' ', caught[SIGUSR1]);
  FpSigProcMask(SIG_UNBLOCK, @mask, nil);

  Install(SIGALRM, 0, @Plain);
  FpAlarm(1);
  WriteLn('paused: ', FpPause, ' ', caught[SIGALRM]);

  Install(SIGHUP, SA_RESETHAND, @Plain);
  FpKill(FpGetpid, SIGHUP);
  FpSigAction(SIGHUP, nil, @before);
  WriteLn('once: ', caught[SIGHUP], ' ', PtrUInt(Pointer(before.sa_handler)) = SIG_DFL);
  FpSignal(SIGHUP, SignalHandler(SIG_IGN));
  FpKill(FpGetpid, SIGHUP);
  WriteLn('ignored: ', caught[SIGHUP]);
  WriteLn('to nobody: ', FpKill(99999999, 0), ' ', fpgeterrno = ESysESRCH);

  { The run-time library catches these and turns them into exceptions. }
  zero := 0;
  nowhere := nil;
  real_value := zero;
  try
    WriteLn(1 / real_value);
  except
    on e: Exception do
      WriteLn(e.ClassName);
  end;
  { From here on division is quiet: a handler starts with the default state of the floating point unit, and
    the library leaves this one by raising an exception. }
  for i := 1 to 3 do
  begin
    try
      WriteLn(i div zero);
    except
      on e: Exception do
        WriteLn(e.ClassName);
    end;
    try
      nowhere^ := i;
    except
      on e: Exception do
        WriteLn(e.ClassName);
    end;
  end;
end.
