// A school's OpenID provider that nobody here wrote: panva's oidc-provider, configured by one JSON argument.
// Prints "ready" once it listens. Whoever types "li" or "teacher-…" exists; groups by the name before the hyphen.
import { generateKeyPairSync } from "node:crypto";
import Provider from "oidc-provider";

const { issuer, callback, left, ended, kid, claimsInToken } = JSON.parse(process.argv[2]);
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const form = `<!doctype html><html lang="en"><title>School</title><h1>The school's sign-in</h1>
  <form method="post"><label>Account <input name="login" required></label><button>Go on</button></form></html>`;

const provider = new Provider(issuer, {
  jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), kid, use: "sig", alg: "RS256" }] },
  clients: [{
    client_id: "labkeeper", client_secret: "the client's secret: +/&", redirect_uris: [callback],
    post_logout_redirect_uris: [left], backchannel_logout_uri: ended, backchannel_logout_session_required: true, response_types: ["code"], grant_types: ["authorization_code"],
  }],
  pkce: { required: () => true },
  claims: { openid: ["sub", "amr"], profile: ["name"], groups: ["groups"] },
  features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true } },
  interactions: { url: (_, interaction) => `/login/${interaction.uid}` },
  scopes: ["openid", "profile", "groups"],
  conformIdTokenClaims: !claimsInToken,
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: `Name of ${id}`, groups: [id.split("-")[0]] }),
  }),
  // the school trusts its own hub: nobody is asked whether they agree
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope("openid profile groups");
    await grant.save();
    return grant;
  },
  // it asks no private address for anything, and the hub of a test is at one
  fetch: (url, { dispatcher: _, ...options }) => fetch(url, options),
  cookies: { keys: ["one key for the cookies of a test"] },
  ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
});

/** The school's form: whoever is named is signed in; "+otp" behind the name is a second factor that was shown. */
provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith("/login/")) return next();
  if (ctx.method !== "POST") return void (ctx.body = form);
  let sent = "";
  for await (const part of ctx.req) sent += part;
  const [accountId, more] = new URLSearchParams(sent).get("login").split("+");
  ctx.respond = false;
  await provider.interactionFinished(ctx.req, ctx.res, { login: { accountId, amr: more ? ["pwd", more] : ["pwd"] } });
});
provider.listen(Number(new URL(issuer).port), "127.0.0.1", () => console.log("ready"));
