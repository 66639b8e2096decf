/** Which clients are held against which recordings. Files are below the folder of recordings. */
const HFT = 'binance/hftbacktest';
const CRYPTOFEED = 'cryptofeed_v3';

/** Venues that ccxt is held against on recordings of the simulator, which need no files. ccxt keeps OKX's 400 levels; the simulator sends all. */
export const SIMULATED = [
  ['binance-spot'],
  ['binance-usdm'],
  ['bybit-linear'],
  ['bybit-spot'],
  ['okx-swap', { kept: '400 a side' }],
  ['kraken-spot', { kept: 'as many a side as there were asks at first' }],
  ['deribit'],
  ['coinbase'],
].map(([venue, more = {}]) => ({ client: 'ccxt', venue, format: 'cryptofeed', ...more }));

/**
 * `kept`: how many levels a client keeps. What falls out it forgets, so it lacks levels that come back into its reach by others' removal: of
 * such a client every level that it has must be ours.
 */
export const RECORDED = [
  ['ccxt', 'binance-spot', 'hftbacktest', `${HFT}/spot/btcusdt_20240808.gz`],
  ['ccxt', 'binance-spot', 'hftbacktest', `${HFT}/spot/ethusdt_20240808.gz`],
  ['ccxt', 'binance-usdm', 'hftbacktest', `${HFT}/usdm/btcusdt_20240808.gz`, { kept: '1,000 a side' }],
  ['ccxt', 'binance-usdm', 'hftbacktest', `${HFT}/usdm/ethusdt_20240808.gz`, { kept: '1,000 a side' }],
  ['ccxt', 'binance-spot', 'cryptofeed', `${CRYPTOFEED}/BINANCE.jsonl.zst`],
  ['ccxt', 'bybit-linear', 'cryptofeed', `${CRYPTOFEED}/BYBIT.jsonl.zst`],
  ['ccxt', 'bybit-spot', 'cryptofeed', `${CRYPTOFEED}/BYBIT.jsonl.zst`],
  ['ccxt', 'okx-spot', 'cryptofeed', `${CRYPTOFEED}/OKX.jsonl.zst`, { symbols: ['BTC-USDT'] }],
  ['ccxt', 'okx-swap', 'cryptofeed', `${CRYPTOFEED}/OKX.jsonl.zst`, { symbols: ['UNI-USD-SWAP'] }],
  ['ccxt', 'okx-futures', 'cryptofeed', `${CRYPTOFEED}/OKX.jsonl.zst`, { symbols: ['BTC-USD-220527'] }],
  ['ccxt', 'deribit', 'cryptofeed', `${CRYPTOFEED}/DERIBIT.jsonl.zst`],
  ['ccxt', 'coinbase', 'cryptofeed', `${CRYPTOFEED}/COINBASE.jsonl.zst`],
  ['tardis', 'binance-spot', 'hftbacktest', `${HFT}/spot/btcusdt_20240808.gz`],
  ['tardis', 'binance-spot', 'hftbacktest', `${HFT}/spot/ethusdt_20240808.gz`],
  ['tardis', 'binance-usdm', 'hftbacktest', `${HFT}/usdm/btcusdt_20240808.gz`],
  ['tardis', 'binance-usdm', 'hftbacktest', `${HFT}/usdm/ethusdt_20240808.gz`],
  ['tardis', 'bybit-spot', 'cryptofeed', `${CRYPTOFEED}/BYBIT.jsonl.zst`],
  ['tardis', 'deribit', 'cryptofeed', `${CRYPTOFEED}/DERIBIT.jsonl.zst`],
].map(([client, venue, format, file, more = {}]) => ({ client, venue, format, file, ...more }));
