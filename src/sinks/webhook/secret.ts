/** Secrets and signatures of callbacks, as Standard Webhooks has them. */
import { createHmac } from 'node:crypto';

/** Secret of one subscription's callback. Made of the installation's own key, so it need not be kept anywhere. */
export function callbackSecret(key: string, subscriptionId: string): string {
  return `whsec_${createHmac('sha256', key).update(`callback ${subscriptionId}`).digest('base64')}`;
}

/** `webhook-signature` of a body: `v1,` and a MAC over id, time in seconds and body. */
export function callbackSignature(secret: string, id: string, seconds: number, body: string): string {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')}`;
}
