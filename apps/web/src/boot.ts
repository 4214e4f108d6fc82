import type { WebBoot } from '@gatehouse/contracts'

/** What the gateway has written into the page. */
export const boot: WebBoot = JSON.parse(document.getElementById('boot')?.textContent ?? '') as WebBoot
