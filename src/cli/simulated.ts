/** What the simulated venues mean for everybody else's configuration. */
import type { Config } from '../model/config.js';
import type { SimulatedVenue, SimulatorPorts } from './child.js';

/** Ports that a successor must take again. */
export function portsOf(venues: readonly SimulatedVenue[], controlUrl: string): SimulatorPorts {
  return {
    control: Number(new URL(controlUrl).port),
    venues: Object.fromEntries(venues.map(({ name, restUrl }) => [name, Number(new URL(restUrl).port)])),
  };
}

/** The simulated venues as feeds. */
export function withSimulatedFeeds(config: Config, venues: readonly SimulatedVenue[]): Config {
  const symbols = config.simulator?.symbols ?? [];
  const feeds = venues.map(({ name, wsUrl, restUrl }) => {
    return {
      id: name,
      venue: name,
      wsUrl,
      restUrl,
      symbols,
      channels: ['book', 'trade', 'quote'] as const,
      transport: 'native' as const,
    };
  });
  return { ...config, engine: { ...config.engine, feeds } };
}
