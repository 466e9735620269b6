{ Threads without a library: thr_new and _umtx_op as the kernel offers them. FreeBSD only. }
program threads;

uses
  BaseUnix, SysCall;

const
  ThrSelf = 432;
  ThrExit = 431;
  Umtx = 454;
  ThrNew = 455;
  WaitUint = 11;
  Wake = 3;
  Count = 16;
  StackSize = 65536;

type
  TParameters = record
    start: Pointer;
    argument: Pointer;
    stack: Pointer;
    stack_size: PtrUInt;
    tls: Pointer;
    tls_size: PtrUInt;
    child_tid, parent_tid: PInt64;
    flags: LongInt;
    unused: LongInt;
    priority: Pointer;
    spare: array[0..2] of Pointer;
  end;

var
  parameters: TParameters;
  identities: array[0..Count - 1] of Int64;
  sums: array[0..Count - 1] of Int64;
  stacks: array[0..Count - 1] of Pointer;
  finished: LongInt;
  i, seen, distinct, j: LongInt;
  own: Int64;

{ No library call may be made here: threads share the library's one set of variables. }
procedure Work(argument: Pointer); cdecl;
var
  index, n: PtrInt;
  sum: Int64;
begin
  index := PtrInt(argument);
  sum := 0;
  for n := 1 to 200000 do
    sum := sum + n * (index + 1);
  sums[index] := sum;
  InterLockedIncrement(finished);
  Do_SysCall(Umtx, TSysParam(@finished), Wake, 1, 0, 0);
  Do_SysCall(ThrExit, 0);
end;

begin
  Do_SysCall(ThrSelf, TSysParam(@own));
  for i := 0 to Count - 1 do
  begin
    FillChar(parameters, SizeOf(parameters), 0);
    stacks[i] := FpMmap(nil, StackSize, PROT_READ or PROT_WRITE, MAP_PRIVATE or MAP_ANONYMOUS, -1, 0);
    parameters.start := @Work;
    parameters.argument := Pointer(PtrInt(i));
    parameters.stack := stacks[i];
    parameters.stack_size := StackSize;
    parameters.parent_tid := @identities[i];
    if Do_SysCall(ThrNew, TSysParam(@parameters), SizeOf(parameters)) <> 0 then
      WriteLn('no thread ', i);
  end;
  repeat
    seen := finished;
    if seen < Count then
      Do_SysCall(Umtx, TSysParam(@finished), WaitUint, seen, 0, 0);
  until seen = Count;

  distinct := 0;
  for i := 0 to Count - 1 do
  begin
    for j := 0 to i - 1 do
      if identities[j] = identities[i] then
        Break;
    if (i = 0) or (identities[j] <> identities[i]) then
      Inc(distinct);
    if sums[i] <> Int64(200000) * 200001 div 2 * (i + 1) then
      WriteLn('wrong sum ', i);
  end;
  WriteLn('finished ', finished, ', distinct ', distinct, ', none is the first: ', identities[0] <> own);
end.
