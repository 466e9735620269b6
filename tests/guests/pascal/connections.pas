{ Sockets on loopback: streams, datagrams, options, names, and a pair. }
program connections;

uses
  BaseUnix, Sockets, SysUtils;

var
  listener, connection, other: cint;
  address, peer: TInetSockAddr;
  size: TSockLen;
  buffer: array[0..9999] of Byte;
  total, n: TsSize;
  child: TPid;
  status, value: cint;
  pair: array[0..1] of cint;
  i: LongInt;

procedure Loopback(var where: TInetSockAddr; port: Word);
begin
  FillChar(where, SizeOf(where), 0);
  where.sin_family := AF_INET;
  where.sin_port := htons(port);
  where.sin_addr.s_addr := htonl($7F000001);
end;

begin
  listener := FpSocket(AF_INET, SOCK_STREAM, 0);
  value := 1;
  WriteLn('reuse: ', FpSetSockOpt(listener, SOL_SOCKET, SO_REUSEADDR, @value, SizeOf(value)));
  Loopback(address, 0);
  WriteLn('bound: ', FpBind(listener, @address, SizeOf(address)), ' listening: ', FpListen(listener, 5));
  size := SizeOf(address);
  WriteLn('name: ', FpGetSockName(listener, @address, @size), ' ', size, ' ', address.sin_port <> 0, ' ',
    NetAddrToStr(address.sin_addr));

  Flush(Output);
  child := FpFork;
  if child = 0 then
  begin
    connection := FpSocket(AF_INET, SOCK_STREAM, 0);
    if FpConnect(connection, @address, SizeOf(address)) <> 0 then
      FpExit(1);
    for i := 0 to 9999 do
      buffer[i] := i mod 251;
    for i := 1 to 100 do
      if FpSend(connection, @buffer, 10000, 0) <> 10000 then
        FpExit(2);
    FpShutdown(connection, 1);
    if FpRecv(connection, @buffer, 100, 0) <> 3 then
      FpExit(3);
    FpExit(0);
  end;
  size := SizeOf(peer);
  connection := FpAccept(listener, @peer, @size);
  WriteLn('from ', NetAddrToStr(peer.sin_addr), ' family ', peer.sin_family, ' ', peer.sin_port <> address.sin_port);
  total := 0;
  repeat
    n := FpRecv(connection, @buffer, 10000, 0);
    if n > 0 then
      total := total + n;
  until n <= 0;
  WriteLn('received ', total);
  WriteLn('answered ', FpSend(connection, PChar('end'), 3, 0));
  FpWaitPid(child, status, 0);
  WriteLn('the child: ', wexitstatus(status));
  size := SizeOf(value);
  WriteLn('error: ', FpGetSockOpt(connection, SOL_SOCKET, SO_ERROR, @value, @size), ' ', value);
  FpClose(connection);
  FpClose(listener);

  connection := FpSocket(AF_INET, SOCK_STREAM, 0);
  WriteLn('nobody there: ', FpConnect(connection, @address, SizeOf(address)), ' ', SocketError = ESysECONNREFUSED);
  FpClose(connection);

  connection := FpSocket(AF_INET, SOCK_DGRAM, 0);
  other := FpSocket(AF_INET, SOCK_DGRAM, 0);
  Loopback(address, 0);
  FpBind(connection, @address, SizeOf(address));
  size := SizeOf(address);
  FpGetSockName(connection, @address, @size);
  WriteLn('sent ', FpSendTo(other, PChar('datagram'), 8, 0, @address, SizeOf(address)));
  size := SizeOf(peer);
  n := FpRecvFrom(connection, @buffer, 100, 0, @peer, @size);
  WriteLn('got ', n, ' from ', NetAddrToStr(peer.sin_addr));
  FpClose(connection);
  FpClose(other);

  WriteLn('pair: ', FpSocketPair(AF_UNIX, SOCK_STREAM, 0, @pair));
  FpWrite(pair[0], 'across', 6);
  WriteLn(FpRead(pair[1], buffer, 100), ' ', Chr(buffer[0]), Chr(buffer[5]));
  FpClose(pair[0]);
  WriteLn('gone: ', FpRead(pair[1], buffer, 100));
  WriteLn('no socket: ', FpListen(0, 1) <> 0, ' ', FpSocket(9999, 1, 0));
end.
