// Makes a tree of files, walks it, changes it, and takes it down again.
package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"time"
)

func main() {
	root, err := os.MkdirTemp("", "tree")
	check(err)
	defer os.RemoveAll(root)
	check(os.Chdir(root))

	moment := time.Date(2001, 2, 3, 4, 5, 6, 789_000_000, time.UTC)
	for i := range 40 {
		directory := fmt.Sprintf("d%02d/e%d/f", i, i%3)
		check(os.MkdirAll(directory, 0o755))
		for j := range 25 {
			name := fmt.Sprintf("%s/file-%02d", directory, j)
			check(os.WriteFile(name, []byte(fmt.Sprintf("%d %d\n", i, j)), 0o640))
			check(os.Chtimes(name, moment, moment.Add(time.Duration(j)*time.Second)))
		}
		check(os.Symlink("f/file-00", filepath.Join(filepath.Dir(directory), "link")))
		check(os.Link(directory+"/file-01", directory+"/hard"))
	}
	describe("made")

	for i := range 40 {
		check(os.Chmod(fmt.Sprintf("d%02d/e%d/f/file-05", i, i%3), 0o400|fs.FileMode(i%8)))
		check(os.Rename(fmt.Sprintf("d%02d/e%d/f/file-06", i, i%3), fmt.Sprintf("d%02d/moved", i)))
		check(os.Remove(fmt.Sprintf("d%02d/e%d/f/file-07", i, i%3)))
		cut := fmt.Sprintf("d%02d/e%d/f/file-08", i, i%3)
		check(os.Truncate(cut, int64(i)))
		check(os.Chtimes(cut, moment, moment))
	}
	describe("changed")

	// One directory with more entries than one read of it returns.
	check(os.Mkdir("wide", 0o700))
	for i := range 3000 {
		check(os.WriteFile(fmt.Sprintf("wide/entry-with-a-longer-name-%04d", i), nil, 0o600))
	}
	entries, err := os.ReadDir("wide")
	fmt.Println("wide:", len(entries), err)
	handle, err := os.Open("wide")
	check(err)
	var names []string
	for {
		some, err := handle.Readdirnames(100)
		names = append(names, some...)
		if err != nil {
			fmt.Println("read to the end:", err)
			break
		}
	}
	check(handle.Close())
	sort.Strings(names)
	fmt.Println("named:", len(names), names[0], names[len(names)-1])

	rooted, err := os.OpenRoot(".")
	check(err)
	_, err = rooted.Open("../outside")
	fmt.Println("a root holds:", err != nil)
	check(rooted.Close())

	_, err = os.ReadDir("absent")
	fmt.Println(errors.Is(err, fs.ErrNotExist), errors.Is(os.Mkdir("wide", 0o700), fs.ErrExist), os.Remove("wide") != nil)
	check(os.Symlink("loop", "loop"))
	_, err = os.Open("loop")
	fmt.Println("a loop:", err)
	check(os.RemoveAll(root))
	_, err = os.Stat(root)
	fmt.Println("gone:", errors.Is(err, fs.ErrNotExist))
}

// describe walks everything and prints a digest of what it saw.
func describe(when string) {
	digest := sha256.New()
	files, links := 0, 0
	check(filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		check(err)
		info, err := entry.Info()
		check(err)
		fmt.Fprintln(digest, path, entry.Type(), info.Mode())
		switch {
		case entry.Type().IsRegular():
			files++
			content, err := os.ReadFile(path)
			check(err)
			fmt.Fprintln(digest, info.Size(), info.ModTime().UTC(), string(content))
		case entry.Type()&fs.ModeSymlink != 0:
			links++
			target, err := os.Readlink(path)
			check(err)
			resolved, err := filepath.EvalSymlinks(path)
			check(err)
			fmt.Fprintln(digest, target, resolved)
		}
		return nil
	}))
	fmt.Printf("%s: %d files, %d links, %x\n", when, files, links, digest.Sum(nil)[:8])
}

func check(err error) {
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}
