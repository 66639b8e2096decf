/** The engine of a program: a process of its own, with simulated venues beside it where no feed is configured. */
import { ControlClient } from '../../engine/index.js';
import type { Config } from '../../model/config.js';
import { TickringError } from '../../model/errors.js';
import type { SimulatorPorts } from '../child.js';
import { ManagedChild } from '../child-process.js';
import { portsOf, withSimulatedFeeds } from '../simulated.js';

const ENGINE_STOP_MS = 4_000;
const SIMULATOR_STOP_MS = 1_000;
/** Lines of an engine that could not start which are looked through for the reason. */
const LINES_MAX = 20;

export interface ProcessesOptions {
  readonly config: Config;
  /** What the processes write, whole lines or parts of them. */
  output(text: string): void;
  /** It died and cannot be started again. */
  failed(error: TickringError): void;
}

export class Processes {
  readonly #options: ProcessesOptions;
  readonly #engine: ManagedChild<'engine'>;
  readonly #simulator: ManagedChild<'simulator'> | undefined;
  #config: Config;
  #ports: SimulatorPorts | undefined;
  #said: string[] = [];

  constructor(options: ProcessesOptions) {
    this.#options = options;
    // What sinks log in with is nobody's business here.
    this.#config = { ...options.config, jobs: null };
    const common = {
      order: () => ({ config: this.#config, ...(this.#ports === undefined ? {} : { simulatorPorts: this.#ports }) }),
      output: (text: string) => this.#hear(text),
      failed: (error: TickringError) => options.failed(error),
    };
    this.#engine = new ManagedChild({ name: 'engine', ...common });
    this.#simulator = options.config.simulator === null ? undefined : new ManagedChild({ name: 'simulator', ...common });
  }

  /** Resolves when the engine works. Rejects with the reason that it gave when it could not start. */
  async start(): Promise<void> {
    try {
      if (this.#simulator !== undefined) {
        const { venues, controlUrl } = await this.#simulator.start();
        this.#ports = portsOf(venues, controlUrl);
        this.#config = withSimulatedFeeds(this.#config, venues);
      }
      await this.#engine.start();
    } catch (error) {
      await this.stop();
      throw this.#reason(error);
    }
  }

  /** A figure of the engine itself; rejects with `ENGINE_AWAY` when it does not answer. */
  async control<T>(use: (control: ControlClient) => Promise<T>): Promise<T> {
    const control = new ControlClient(this.#config.engine.shmRoot, this.#config.engine.name);
    try {
      return await use(control);
    } finally {
      control.close();
    }
  }

  async stop(): Promise<void> {
    await this.#engine.stop(ENGINE_STOP_MS);
    await this.#simulator?.stop(SIMULATOR_STOP_MS);
  }

  #hear(text: string): void {
    this.#said = [...this.#said, ...text.split('\n').filter((line) => line !== '')].slice(-LINES_MAX);
    this.#options.output(text);
  }

  /** What it said last, in the form of the command line: `tickring: MESSAGE (CODE)`. */
  #reason(error: unknown): unknown {
    const line = this.#said.map((each) => /^tickring: (.*) \(([A-Z_]+)\)$/.exec(each)).findLast((match) => match !== null);
    if (!(error instanceof TickringError) || line === undefined || line === null) return error;
    return new TickringError(line[2] as TickringError['code'], line[1] ?? '', { cause: error });
  }
}
