package main

import (
	"encoding/json"
	"fmt"
	_ "unsafe" // for linkname

	"github.com/adshao/go-binance/v2/futures"
	"github.com/google/btree"
)

// update is what all decoders give.
type update struct {
	first, last, prev int64
	bids, asks        []textLevel
}

type decoder func(frame []byte, u *update)

type wrapper struct {
	Data struct {
		First int64       `json:"U"`
		Last  int64       `json:"u"`
		Prev  int64       `json:"pu"`
		Event int64       `json:"E"`
		Trade int64       `json:"T"`
		Name  string      `json:"e"`
		Bids  []textLevel `json:"b"`
		Asks  []textLevel `json:"a"`
	} `json:"data"`
}

func standard(frame []byte, u *update) {
	var w wrapper
	must(json.Unmarshal(frame, &w))
	u.first, u.last, u.prev, u.bids, u.asks = w.Data.First, w.Data.Last, w.Data.Prev, w.Data.Bids, w.Data.Asks
}

// The package dials inside this variable and hands every message to the handler that it was given: replaced, the handler is
// the package's own, and no socket is needed.
//
//go:linkname wsServe github.com/adshao/go-binance/v2/futures.wsServe
var wsServe func(*futures.WsConfig, futures.WsHandler, futures.ErrHandler) (chan struct{}, chan struct{}, error)

// goBinance gives the handler of the package's combined depth stream.
func goBinance() decoder {
	var handler futures.WsHandler
	original := wsServe
	wsServe = func(_ *futures.WsConfig, given futures.WsHandler, _ futures.ErrHandler) (chan struct{}, chan struct{}, error) {
		handler = given
		return nil, nil, nil
	}
	var into *update
	take := func(event *futures.WsDepthEvent) {
		into.first, into.last, into.prev = event.FirstUpdateID, event.LastUpdateID, event.PrevLastUpdateID
		into.bids, into.asks = into.bids[:0], into.asks[:0]
		for _, bid := range event.Bids {
			into.bids = append(into.bids, textLevel{bid.Price, bid.Quantity})
		}
		for _, ask := range event.Asks {
			into.asks = append(into.asks, textLevel{ask.Price, ask.Quantity})
		}
	}
	_, _, err := futures.WsCombinedDiffDepthServe([]string{"BTCUSDT"}, take, func(err error) { panic(err) })
	must(err)
	wsServe = original
	return func(frame []byte, u *update) {
		into = u
		handler(frame)
	}
}

// parseOnly decodes and keeps nothing.
type parseOnly struct {
	decode decoder
	u      update
}

func (p *parseOnly) begin(*snapshot)      {}
func (p *parseOnly) frame(bytes []byte)   { p.decode(bytes, &p.u) }
func (p *parseOnly) top() *[2][]textLevel { return nil }

const unit = 100_000_000

// fixed reads a decimal as an integer of 10^-8.
func fixed(text string) int64 {
	value, decimals, after := int64(0), 0, 0
	for i := 0; i < len(text); i++ {
		if text[i] == '.' {
			after = 1
			continue
		}
		digit := text[i] - '0'
		if digit > 9 {
			panic("no decimal number: " + text)
		}
		value = value*10 + int64(digit)
		decimals += after
	}
	for ; decimals < 8; decimals++ {
		value *= 10
	}
	return value
}

// level sorts by key; keys of bids are negated, so that the best is least.
type level struct{ key, qty int64 }

// keep decodes, checks the sequence, keeps the book in two B-trees, looks at the best prices.
type keep struct {
	decode decoder
	u      update
	sides  [2]*btree.BTreeG[level]
	last   int64
	joined bool
	best   int64
}

func (k *keep) set(side int, levels []textLevel) {
	sign := int64(1)
	if side == 0 {
		sign = -1
	}
	for i := range levels {
		l := level{sign * fixed(levels[i][0]), fixed(levels[i][1])}
		if l.qty == 0 {
			k.sides[side].Delete(l)
		} else {
			k.sides[side].ReplaceOrInsert(l)
		}
	}
}

func (k *keep) begin(s *snapshot) {
	for side := range k.sides {
		k.sides[side] = btree.NewG(32, func(a, b level) bool { return a.key < b.key })
	}
	k.set(0, s.Bids)
	k.set(1, s.Asks)
	k.last, k.joined = s.LastUpdateID, false
}

func (k *keep) frame(bytes []byte) {
	k.decode(bytes, &k.u)
	follows := k.u.prev == k.last
	if !k.joined {
		follows = k.u.first <= k.last && k.last <= k.u.last
	}
	if !follows {
		panic(fmt.Sprintf("a hole before update id %d", k.u.first))
	}
	k.last, k.joined = k.u.last, true
	k.set(0, k.u.bids)
	k.set(1, k.u.asks)
	bid, _ := k.sides[0].Min()
	ask, _ := k.sides[1].Min()
	k.best ^= bid.key ^ ask.key
}

func (k *keep) top() *[2][]textLevel {
	var sides [2][]textLevel
	text := func(value int64) string { return fmt.Sprintf("%d.%08d", value/unit, value%unit) }
	for side := range k.sides {
		k.sides[side].Ascend(func(l level) bool {
			sides[side] = append(sides[side], textLevel{text(max(l.key, -l.key)), text(l.qty)})
			return len(sides[side]) < 20
		})
	}
	return &sides
}
