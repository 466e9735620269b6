// Child processes: pipelines of the host's programs and of itself, exit codes, signals, descriptors.
package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) > 1 {
		child()
		return
	}
	hostPipeline()
	ownPipeline()
	exitCodes()
	deathBySignal()
	environmentAndDirectory()
	extraDescriptors()
	processGroups()
	cancelled()
	notFound()
	many()
}

// child is what this program does when it runs as a child of itself.
func child() {
	switch os.Args[1] {
	case "upper":
		data, _ := io.ReadAll(os.Stdin)
		os.Stdout.Write(bytes.ToUpper(data))
	case "numbers":
		n, _ := strconv.Atoi(os.Args[2])
		w := bufio.NewWriter(os.Stdout)
		for i := range n {
			fmt.Fprintln(w, i)
		}
		w.Flush()
	case "sum":
		sum := 0
		for scanner := bufio.NewScanner(os.Stdin); scanner.Scan(); {
			n, _ := strconv.Atoi(scanner.Text())
			sum += n
		}
		fmt.Println(sum)
	case "exit":
		code, _ := strconv.Atoi(os.Args[2])
		os.Exit(code)
	case "sleep":
		time.Sleep(time.Minute)
	case "descriptor":
		data, _ := io.ReadAll(os.NewFile(3, "passed"))
		fmt.Printf("%s", data)
		// Nothing else may have leaked in.
		for fd := 4; fd < 20; fd++ {
			var info syscall.Stat_t
			if syscall.Fstat(fd, &info) == nil {
				fmt.Println("descriptor", fd, "is open")
			}
		}
	case "group":
		group, _ := syscall.Getpgid(0)
		fmt.Println("leads its group:", group == os.Getpid())
	case "where":
		directory, _ := os.Getwd()
		fmt.Println(directory, os.Getenv("GREETING"), len(os.Environ()))
	}
}

func self(arguments ...string) *exec.Cmd {
	path, err := os.Executable()
	check(err)
	return exec.Command(path, arguments...)
}

func hostPipeline() {
	printed, err := exec.Command("sh", "-c", "printf 'b\\na\\nc\\n' | sort | tr a-z A-Z | tail -n 2").Output()
	fmt.Printf("shell: %q %v\n", printed, err)

	sorter := exec.Command("sort", "-n")
	counter := exec.Command("wc", "-l")
	input, err := sorter.StdinPipe()
	check(err)
	counter.Stdin, err = sorter.StdoutPipe()
	check(err)
	var count bytes.Buffer
	counter.Stdout = &count
	check(counter.Start())
	check(sorter.Start())
	for i := range 10_000 {
		fmt.Fprintln(input, i*7919%10_007)
	}
	check(input.Close())
	check(sorter.Wait())
	check(counter.Wait())
	fmt.Println("sorted lines:", strings.TrimSpace(count.String()))
}

func ownPipeline() {
	numbers, sum := self("numbers", "50000"), self("sum")
	var err error
	sum.Stdin, err = numbers.StdoutPipe()
	check(err)
	var said bytes.Buffer
	sum.Stdout = &said
	check(sum.Start())
	check(numbers.Start())
	check(numbers.Wait())
	check(sum.Wait())
	fmt.Println("sum:", strings.TrimSpace(said.String()))

	// More than a pipe holds, both ways.
	upper := self("upper")
	upper.Stdin = strings.NewReader(strings.Repeat("round trip ", 50_000))
	back, err := upper.Output()
	fmt.Println("round trip:", len(back), strings.HasPrefix(string(back), "ROUND TRIP"), err)
}

func exitCodes() {
	for _, code := range []int{0, 1, 2, 42, 126, 127, 128, 255} {
		err := self("exit", strconv.Itoa(code)).Run()
		fmt.Println("exit", code, "->", ending(err))
	}
	fmt.Println("sh exit 7 ->", ending(exec.Command("sh", "-c", "exit 7").Run()))
}

func deathBySignal() {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL, syscall.SIGINT, syscall.SIGHUP} {
		child := self("sleep")
		check(child.Start())
		time.Sleep(50 * time.Millisecond)
		check(child.Process.Signal(signal))
		fmt.Println("killed ->", ending(child.Wait()))
	}
	fmt.Println("sh kill ->", ending(exec.Command("sh", "-c", "kill -INT $$").Run()))
	stopped := self("sleep")
	check(stopped.Start())
	var status syscall.WaitStatus
	check(stopped.Process.Signal(syscall.SIGSTOP))
	_, err := syscall.Wait4(stopped.Process.Pid, &status, syscall.WUNTRACED, nil)
	// By its bits: Go takes a stop by SIGSTOP for "continued" on a BSD.
	fmt.Println("stopped:", status&0xff == 0x7f, syscall.Signal(status>>8) == syscall.SIGSTOP, err)
	check(stopped.Process.Signal(syscall.SIGCONT))
	check(stopped.Process.Kill())
	fmt.Println("continued, killed ->", ending(stopped.Wait()))
}

func ending(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		status := exit.Sys().(syscall.WaitStatus)
		if status.Signaled() {
			// By number: the systems describe signals in words of their own.
			return fmt.Sprintf("signal %d", int(status.Signal()))
		}
		return exit.String()
	}
	return fmt.Sprint(err)
}

func environmentAndDirectory() {
	directory, err := os.MkdirTemp("", "where")
	check(err)
	defer os.RemoveAll(directory)
	child := self("where")
	child.Dir, child.Env = directory, []string{"GREETING=hi", "TMPDIR=/tmp"}
	said, err := child.Output()
	fmt.Println("where:", strings.Replace(string(said), directory, "<directory>", 1), err)
}

func extraDescriptors() {
	reader, writer, err := os.Pipe()
	check(err)
	child := self("descriptor")
	child.ExtraFiles = []*os.File{reader}
	var said bytes.Buffer
	child.Stdout = &said
	check(child.Start())
	fmt.Fprintln(writer, "through a descriptor")
	check(writer.Close())
	check(child.Wait())
	fmt.Print(said.String())
}

func processGroups() {
	child := self("group")
	child.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	said, err := child.Output()
	fmt.Print(string(said), err, "\n")
	child = self("group")
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	said, err = child.Output()
	fmt.Print(string(said), err, "\n")
}

func cancelled() {
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	path, _ := os.Executable()
	fmt.Println("cancelled ->", ending(exec.CommandContext(ctx, path, "sleep").Run()))
}

func notFound() {
	fmt.Println(errors.Is(exec.Command("no-such-program-anywhere").Run(), exec.ErrNotFound))
	fmt.Println(errors.Is(exec.Command("/no/such/program").Run(), os.ErrNotExist))
	fmt.Println(errors.Is(exec.Command("/etc/passwd").Run(), os.ErrPermission))
}

// many runs children from many threads at once.
func many() {
	var all sync.WaitGroup
	results := make([]string, 40)
	for i := range results {
		all.Add(1)
		go func() {
			defer all.Done()
			said, err := exec.Command("sh", "-c", fmt.Sprintf("echo %d; exit %d", i, i%3)).Output()
			results[i] = fmt.Sprintf("%s %s", strings.TrimSpace(string(said)), ending(err))
		}()
	}
	all.Wait()
	fmt.Println(strings.Join(results, "; "))
}

func check(err error) {
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}
