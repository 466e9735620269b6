{ Plain descriptors: offsets, copies, pipes, select and poll. }
program descriptors;

uses
  BaseUnix, Unix, SysUtils;

var
  ends, others: TFilDes;
  descriptor, copied: cint;
  buffer: array[0..99] of Char;
  n: TsSize;
  reading: TFDSet;
  watched: array[0..1] of pollfd;
  wait: TTimeVal;

function Got(count: TsSize): String;
begin
  SetString(Got, PChar(@buffer[0]), count);
end;

begin
  descriptor := FpOpen('data', O_RdWr or O_Creat, &600);
  FpWrite(descriptor, '0123456789', 10);
  WriteLn('at ', FpLseek(descriptor, 0, SEEK_CUR), ', back to ', FpLseek(descriptor, -4, SEEK_END));
  n := FpRead(descriptor, buffer, 100);
  WriteLn(n, ' ', Got(n));
  WriteLn('at the end: ', FpRead(descriptor, buffer, 100));
  n := FpPread(descriptor, @buffer, 3, 2);
  WriteLn('from 2: ', Got(n));
  FpPwrite(descriptor, PChar('XY'), 2, 4);
  FpLseek(descriptor, 0, SEEK_SET);
  n := FpRead(descriptor, buffer, 100);
  WriteLn(Got(n));

  copied := FpDup(descriptor);
  FpLseek(copied, 7, SEEK_SET);
  WriteLn('shared: ', FpLseek(descriptor, 0, SEEK_CUR));
  WriteLn('dup2: ', FpDup2(descriptor, 60), ' ', FpLseek(60, 0, SEEK_CUR));
  WriteLn('flags: ', (FpFcntl(60, F_GetFl) and 3) = O_RdWr, ' ', FpFcntl(60, F_GetFd));
  FpFcntl(60, F_SetFd, 1);
  WriteLn('close on exec: ', FpFcntl(60, F_GetFd));
  FpClose(60);
  FpClose(copied);
  FpClose(descriptor);

  FpPipe(ends);
  FpPipe(others);
  fpFD_ZERO(reading);
  fpFD_SET(ends[0], reading);
  fpFD_SET(others[0], reading);
  wait.tv_sec := 0;
  wait.tv_usec := 1000;
  WriteLn('nothing yet: ', FpSelect(others[1] + 1, @reading, nil, nil, @wait));
  FpWrite(others[1], 'pipe', 4);
  fpFD_ZERO(reading);
  fpFD_SET(ends[0], reading);
  fpFD_SET(others[0], reading);
  wait.tv_sec := 5;
  WriteLn('ready: ', FpSelect(others[1] + 1, @reading, nil, nil, @wait), ' ',
    fpFD_ISSET(ends[0], reading), fpFD_ISSET(others[0], reading));
  watched[0].fd := ends[0];
  watched[0].events := POLLIN;
  watched[1].fd := others[0];
  watched[1].events := POLLIN;
  WriteLn('polled: ', FpPoll(@watched, 2, 1000), ' ', watched[0].revents and POLLIN, ' ', watched[1].revents and POLLIN <> 0);
  n := FpRead(others[0], buffer, 100);
  WriteLn(Got(n));

  FpFcntl(ends[0], F_SetFl, O_NonBlock);
  WriteLn('empty: ', FpRead(ends[0], buffer, 1), ' ', fpgeterrno = ESysEAGAIN);
  FpClose(ends[1]);
  WriteLn('closed: ', FpRead(ends[0], buffer, 1));
  watched[0].revents := 0;
  WriteLn('hung up: ', FpPoll(@watched, 1, 1000), ' ', watched[0].revents and POLLHUP <> 0);
  FpSignal(SIGPIPE, SignalHandler(SIG_IGN));
  FpClose(others[0]);
  WriteLn('broken: ', FpWrite(others[1], 'x', 1), ' ', fpgeterrno = ESysEPIPE);
end.
