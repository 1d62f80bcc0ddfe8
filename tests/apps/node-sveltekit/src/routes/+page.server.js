export function load({ url }) {
  return { origin: url.origin };
}

export const actions = { default: async () => ({ voted: true }) };
