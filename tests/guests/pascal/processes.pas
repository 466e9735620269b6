{ Children: forked, replaced, waited for, and read through pipes. }
program processes;

uses
  BaseUnix, Unix, SysUtils;

var
  child, got: TPid;
  status: cint;
  ends: TFilDes;
  buffer: array[0..255] of Char;
  n: TsSize;
  line: String;
  output_of: Text;
  i: LongInt;
  arguments: array[0..3] of PChar;

procedure Ending(const what: String);
begin
  Write(what, ': ');
  if wifexited(status) then
    WriteLn('exit ', wexitstatus(status))
  else if wifsignaled(status) then
    WriteLn('signal ', wtermsig(status))
  else if wifstopped(status) then
    WriteLn('stopped');
  Flush(Output);
end;

begin
  Flush(Output);
  for i := 0 to 3 do
  begin
    child := FpFork;
    if child = 0 then
      FpExit(i * 41);
    got := FpWaitPid(child, status, 0);
    WriteLn(got = child);
    Ending('child ' + IntToStr(i));
  end;

  FpPipe(ends);
  child := FpFork;
  if child = 0 then
  begin
    FpClose(ends[0]);
    line := 'parent is right: ' + BoolToStr(FpGetppid > 1, True);
    FpWrite(ends[1], line[1], Length(line));
    FpExit(0);
  end;
  FpClose(ends[1]);
  n := FpRead(ends[0], buffer, 256);
  SetString(line, PChar(@buffer[0]), n);
  WriteLn(line);
  FpWaitPid(child, status, 0);
  Ending('writer');

  arguments[0] := 'sh';
  arguments[1] := '-c';
  arguments[2] := 'echo from the shell; exit 9';
  arguments[3] := nil;
  child := FpFork;
  if child = 0 then
  begin
    FpExecve('/bin/sh', @arguments, envp);
    FpExit(111);
  end;
  FpWaitPid(child, status, 0);
  Ending('shell');
  WriteLn('no such program: ', FpExecve('/no/such/program', @arguments, envp), ' ', fpgeterrno = ESysENOENT);

  child := FpFork;
  if child = 0 then
  begin
    Sleep(60000);
    FpExit(0);
  end;
  WriteLn('runs: ', FpWaitPid(child, status, WNOHANG));
  FpKill(child, SIGKILL);
  FpWaitPid(child, status, 0);
  Ending('killed');
  WriteLn('no child: ', FpWaitPid(-1, status, 0), ' ', fpgeterrno = ESysECHILD);

  Flush(Output);
  WriteLn('shell says: ', fpSystem('exit 5') shr 8);
  Flush(Output);
  POpen(output_of, 'printf "one\ntwo\n" | sort -r', 'R');
  while not Eof(output_of) do
  begin
    ReadLn(output_of, line);
    WriteLn('read ', line);
  end;
  WriteLn('closed: ', PClose(output_of));
  Flush(Output);
  WriteLn('executed: ', ExecuteProcess('/bin/sh', ['-c', 'exit 12']));
  { A group or session led from outside a process namespace has no number in it: make both. }
  Flush(Output);
  child := FpFork;
  if child = 0 then
  begin
    WriteLn('session: ', FpSetsid = FpGetpid, ' ', FpGetsid(0) = FpGetpid, ' ', FpGetpgrp = FpGetpid);
    Flush(Output);
    FpExit(0);
  end;
  FpWaitPid(child, status, 0);
end.
