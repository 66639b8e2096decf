/** Wires data and view together. */
import { render } from 'preact';
import { App } from './app.js';
import { Markets } from './markets.js';
import { Metrics } from './metrics.js';
import { Theme } from './theme.js';

const theme = new Theme();
const markets = new Markets(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`);
const metrics = new Metrics(markets);
metrics.start();
render(<App markets={markets} metrics={metrics} theme={theme} />, document.getElementById('app') ?? document.body);
