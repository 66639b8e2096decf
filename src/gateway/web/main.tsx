/** Wires data and view together. */
import { render } from 'preact';
import { App } from './app.js';
import { Markets } from './markets.js';
import { Metrics } from './metrics.js';
import { Session } from './session.js';
import { Theme } from './theme.js';

const theme = new Theme();
const session = new Session();
const markets = new Markets(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`, session);
const metrics = new Metrics(markets, session);
metrics.start();
render(
  <App markets={markets} metrics={metrics} session={session} theme={theme} />,
  document.getElementById('app') ?? document.body,
);
