/** The figures in the page's head: rates, latency and health, asked for once a second. */

const ASK_MS = 1_000;

function rate(perSecond) {
  return `${perSecond >= 10_000 ? `${(perSecond / 1000).toFixed(1)}k` : Math.round(perSecond).toLocaleString('en')}/s`;
}

/** Milliseconds as the unit that reads best. */
function latency(ms) {
  if (ms === null) return '–';
  const us = ms * 1000;
  if (us < 10) return `${us.toFixed(2)} µs`;
  return us < 1000 ? `${us.toFixed(0)} µs` : `${ms.toFixed(1)} ms`;
}

function span(seconds) {
  const [days, hours] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24];
  const [minutes, rest] = [Math.floor(seconds / 60) % 60, seconds % 60];
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes}:${`${rest}`.padStart(2, '0')}`;
}

function show(id, text) {
  const node = document.getElementById(id);
  if (node.textContent !== text) node.textContent = text;
}

export class Figures {
  #isConnected = false;

  start() {
    this.#ask();
    setInterval(() => this.#ask(), ASK_MS);
  }

  connected(isConnected) {
    this.#isConnected = isConnected;
    if (isConnected) this.#ask();
    else this.#state('down', 'disconnected', ['The gateway cannot be reached; trying again.']);
  }

  async #ask() {
    try {
      const ask = async (path) => (await fetch(path, { signal: AbortSignal.timeout(5_000) })).json();
      const [metrics, ready, symbols, health] = await Promise.all(
        ['/metrics?format=json', '/readyz', '/symbols', '/health'].map(ask),
      );
      this.#show(metrics, ready, symbols, health);
    } catch {
      this.#state('down', 'disconnected', ['The gateway cannot be reached; trying again.']);
    }
  }

  #show(metrics, ready, symbols, health) {
    show('updates', rate(metrics.data_points_per_second));
    show('frames', rate(metrics.messages_per_second));
    show('p50', latency(metrics.latency_stats.p50));
    show('p99', latency(metrics.latency_stats.p99));
    const inSync = symbols.instruments.filter((instrument) => instrument.in_sync).length;
    show('sync', `${inSync} of ${symbols.instruments.length}`);
    show('feeds', `${metrics.active_feeds}`);
    show('uptime', span(health.uptime_seconds));
    if (!this.#isConnected) return;
    if (ready.ready) this.#state('live', 'live', []);
    else
      this.#state(
        ready.engine === 'live' ? 'resync' : 'down',
        ready.engine === 'live' ? 'degraded' : `engine ${ready.engine}`,
        ready.reasons,
      );
  }

  #state(state, text, reasons) {
    const pill = document.getElementById('state');
    if (pill.dataset.state !== state) pill.dataset.state = state;
    show('state', text);
    const notice = document.getElementById('notice');
    notice.hidden = reasons.length === 0;
    show('notice', reasons.slice(0, 4).join(' · ') + (reasons.length > 4 ? ` · ${reasons.length - 4} more` : ''));
  }
}
