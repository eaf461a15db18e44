/**
 * What the core says to each case: the decision and its explanation, or what is wrong with the policy. Runs in Node and in a page, as it is.
 *
 * @param {{ createPolicy: Function, explain: Function }} core
 * @param {readonly { options: object, handshake: object }[]} cases
 * @returns {readonly string[]}
 */
export function decideAll(core, cases) {
  return cases.map(({ options, handshake }) => {
    try {
      const decision = core.createPolicy(options).check(handshake);
      return JSON.stringify([decision, core.explain(decision)]);
    } catch (error) {
      return String(error);
    }
  });
}
