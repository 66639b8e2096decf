// Peers in Go. Arguments: folder of the corpus, symbol; ../README.md describes the protocol.
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sort"
	"strconv"
	"strings"
	"syscall"
)

type textLevel = [2]string

type snapshot struct {
	LastUpdateID int64       `json:"lastUpdateId"`
	Bids         []textLevel `json:"bids"`
	Asks         []textLevel `json:"asks"`
}

type contender interface {
	begin(s *snapshot)
	frame(bytes []byte)
	// top gives whole sides or their best levels; nil where nothing keeps a book.
	top() *[2][]textLevel
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func load(directory, symbol string) (frames [][]byte, s *snapshot) {
	data, err := os.ReadFile(filepath.Join(directory, symbol+".frames"))
	must(err)
	for len(data) > 0 {
		length := binary.LittleEndian.Uint32(data[8:])
		frames = append(frames, data[12:12+length])
		data = data[12+length:]
	}
	text, err := os.ReadFile(filepath.Join(directory, symbol+".snapshot.json"))
	must(err)
	s = new(snapshot)
	must(json.Unmarshal(text, s))
	return frames, s
}

func cpuNs() float64 {
	var usage syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return float64(usage.Utime.Nano() + usage.Stime.Nano())
}

// pass gives ns a frame. The first frame, at which book and snapshot join, is not timed.
func pass(c contender, frames [][]byte, s *snapshot) float64 {
	c.begin(s)
	c.frame(frames[0])
	runtime.GC()
	start := cpuNs()
	for _, frame := range frames[1:] {
		c.frame(frame)
	}
	return (cpuNs() - start) / float64(len(frames)-1)
}

func block(c contender, frames [][]byte, s *snapshot, ns float64) map[string]any {
	var passes []float64
	for spent := 0.0; len(passes) == 0 || spent < ns; {
		each := pass(c, frames, s)
		spent += each * float64(len(frames))
		passes = append(passes, each)
	}
	sort.Float64s(passes)
	return map[string]any{"ns_per_frame": passes[len(passes)/2], "passes": len(passes)}
}

func versionOf(path string) string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == path {
			return strings.TrimPrefix(module.Version, "v")
		}
	}
	return "unknown"
}

func main() {
	frames, s := load(os.Args[1], os.Args[2])
	contenders := map[string]contender{
		"go-json-parse":    &parseOnly{decode: standard},
		"go-json-btree":    &keep{decode: standard},
		"go-binance-parse": &parseOnly{decode: goBinance()},
		"go-binance":       &keep{decode: goBinance()},
	}
	versions := map[string]string{}
	var names []string
	for name := range contenders {
		names = append(names, name)
		versions[name] = runtime.Version()
		if strings.HasPrefix(name, "go-binance") {
			versions[name] = versionOf("github.com/adshao/go-binance/v2")
		}
	}
	say := func(value any) {
		text, err := json.Marshal(value)
		must(err)
		fmt.Println(string(text))
	}
	say(map[string]any{"names": names, "versions": versions})
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		c, found := contenders[words[1]]
		switch {
		case !found:
			say(map[string]string{"error": "no contender is named " + words[1]})
		case words[0] == "block":
			ns, err := strconv.ParseFloat(words[2], 64)
			must(err)
			say(block(c, frames, s, ns))
		default:
			pass(c, frames, s)
			say(map[string]any{"top": c.top()})
		}
	}
}
