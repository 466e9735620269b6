//go:build freebsd

package main

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

type timespec struct{ sec, nsec int64 }

type itimerspec struct{ interval, value timespec }

func clocks() {
	names := []string{"REALTIME", "VIRTUAL", "PROF", "3", "MONOTONIC", "UPTIME", "6", "UPTIME_PRECISE", "UPTIME_FAST",
		"REALTIME_PRECISE", "REALTIME_FAST", "MONOTONIC_PRECISE", "MONOTONIC_FAST", "SECOND", "THREAD_CPUTIME", "PROCESS_CPUTIME"}
	for id, name := range names {
		var now, resolution timespec
		_, got := call(232, uintptr(id), at(&now))
		_, asked := call(234, uintptr(id), at(&resolution))
		line(name, got, now.nsec >= 0 && now.nsec < 1e9, asked, resolution.sec)
	}
	var real, second timespec
	call(232, 0, at(&real))
	call(232, 13, at(&second))
	line("seconds are whole", second.nsec, second.sec-real.sec <= 1)
	var id uint32
	var spent timespec
	for which, name := range []string{"process", "thread", "neither"} {
		_, made := call(247, 0, uintptr(which), at(&id))
		_, got := call(232, uintptr(int32(id)), at(&spent))
		line("own "+name, made, id>>30, got, spent.sec > 0 || spent.nsec > 0)
	}
	_, made := call(247, 0x7ffffff0, 0, at(&id))
	line("of nobody", made)
	_, set := call(233, 0, at(&real))
	_, slewed := call(140, at(&timespec{1, 0}), 0)
	line("nobody sets them", set, slewed)
}

func sleeping() {
	short := timespec{0, 20_000_000}
	for _, clock := range []uintptr{0, 1, 4, 12, 13, 14, 15, 16} {
		start := time.Now()
		result, err := nap(clock, 0, short)
		line("on clock", clock, syscall.Errno(result) == 0 && time.Since(start) >= 20*time.Millisecond, result, err)
	}
	for _, wrong := range []timespec{{-1, 0}, {0, 1e9}, {0, -1}} {
		_, err := call(240, at(&wrong))
		line("wrong", err)
	}
	var now timespec
	call(232, 4, at(&now))
	now.nsec += 10_000_000
	if now.nsec >= 1e9 {
		now.sec, now.nsec = now.sec+1, now.nsec-1e9
	}
	start := time.Now()
	result, _ := nap(4, 1, now)
	line("until", result, time.Since(start) < 2*time.Second)
}

// clock_nanosleep to its end: signals of Go's own, which nobody sends on a quiet machine, wake it up early.
func nap(clock, flags uintptr, how timespec) (uintptr, errno) {
	for {
		rest := how
		result, err := call(244, clock, flags, at(&how), at(&rest))
		if syscall.Errno(result) != syscall.EINTR {
			return result, err
		}
		how = rest
	}
}

func timers() {
	arrivals := make(chan os.Signal, 16)
	signal.Notify(arrivals, syscall.SIGUSR2)
	defer signal.Stop(arrivals)
	event := struct {
		notify, signo int32
		value         uint64
		rest          [8]uint64
	}{notify: 1, signo: int32(syscall.SIGUSR2)}
	var timer int32
	_, err := call(235, 4, at(&event), at(&timer))
	line("create", err)
	_, err = call(237, uintptr(timer), 0, at(&itimerspec{timespec{0, 2_000_000}, timespec{0, 2_000_000}}))
	<-arrivals
	<-arrivals
	var left itimerspec
	_, got := call(238, uintptr(timer), at(&left))
	line("periodic", err, got, left.interval.nsec)
	_, err = call(236, uintptr(timer))
	_, again := call(236, uintptr(timer))
	line("delete", err, again)
	event.notify = 3
	_, err = call(235, 4, at(&event), at(&timer))
	line("by kqueue", err)
	event.notify, event.signo = 1, 200
	_, err = call(235, 4, at(&event), at(&timer))
	line("by no signal", err)
	_, err = call(235, 15, 0, at(&timer))
	line("of CPU time", err)
}
