// A school's OpenID provider that nobody here wrote: panva's oidc-provider, configured by one JSON argument.
// Prints "ready" once it listens. Whoever types "li" or "teacher-…" exists; groups by the name before the hyphen.
import { generateKeyPairSync } from "node:crypto";
import Provider from "oidc-provider";

const { issuer, callback, left, kid, claimsInToken } = JSON.parse(process.argv[2]);
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const amr = (/** @type {string} */ login) => (login.endsWith("+otp") ? ["pwd", "otp"] : ["pwd"]);

const provider = new Provider(issuer, {
  jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), kid, use: "sig", alg: "RS256" }] },
  clients: [{
    client_id: "labkeeper", client_secret: "the client's secret: +/&", redirect_uris: [callback],
    post_logout_redirect_uris: [left], response_types: ["code"], grant_types: ["authorization_code"],
  }],
  pkce: { required: () => true },
  claims: { openid: ["sub", "amr"], profile: ["name"], groups: ["groups"] },
  scopes: ["openid", "profile", "groups"],
  conformIdTokenClaims: !claimsInToken,
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: `Name of ${id}`, groups: [id.split("-")[0]], amr: amr(id) }),
  }),
  // the school trusts its own hub: nobody is asked whether they agree
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope("openid profile groups");
    await grant.save();
    return grant;
  },
  cookies: { keys: ["one key for the cookies of a test"] },
  ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
});
provider.listen(Number(new URL(issuer).port), "127.0.0.1", () => console.log("ready"));
