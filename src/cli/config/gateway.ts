/** The keys below `gateway`, and what the gateway gets. */
import type { GatewayAccess, GatewayConfig } from '../../model/config.js';
import { TickringError } from '../../model/errors.js';
import type { Settings } from './schema.js';
import type { Layers } from './source.js';

/** Who may reach the gateway. @throws TickringError `CONFIG_INVALID` for half of a certificate. */
export function accessOf({ gateway }: Settings, layers: Layers, stateDir: string): GatewayAccess {
  const { tls_cert_file: certFile, tls_key_file: keyFile } = gateway;
  if ((certFile === undefined) !== (keyFile === undefined)) {
    const [given, missing] = certFile === undefined ? ['tls_key_file', 'tls_cert_file'] : ['tls_cert_file', 'tls_key_file'];
    const place = layers.originOf(['gateway', given]);
    throw new TickringError('CONFIG_INVALID', `${place}: gateway.${given} needs gateway.${missing} as well`);
  }
  return {
    stateDir,
    tls: certFile === undefined || keyFile === undefined ? null : { certFile, keyFile },
    behindProxy: gateway.behind_proxy,
    trustedProxies: gateway.trusted_proxies,
    hosts: gateway.hosts,
    origins: gateway.origins,
    localWrites: gateway.local_writes,
    requestsPerSecond: gateway.requests_per_second,
    socketsMax: gateway.sockets_max,
  };
}

/** The same as they stand in a file. */
export function gatewaySettings({ host, port, access, latencyAlertMs }: GatewayConfig): object {
  if (access === undefined) return { host, port };
  return {
    host,
    port,
    ...(access.tls === null ? {} : { tls_cert_file: access.tls.certFile, tls_key_file: access.tls.keyFile }),
    behind_proxy: access.behindProxy,
    trusted_proxies: access.trustedProxies,
    hosts: access.hosts,
    origins: access.origins,
    local_writes: access.localWrites,
    requests_per_second: access.requestsPerSecond,
    sockets_max: access.socketsMax,
    latency_alert_ms: latencyAlertMs,
  };
}
