import { policy, tickets } from "../../../lib/tickets.js";

export const dynamic = "force-dynamic";

export async function POST(request) {
  const origin = request.headers.get("origin");
  if (!policy.allowsOrigin(origin)) return new Response(null, { status: 403 });
  return Response.json({ ticket: await tickets.issue({ principal: "ada", origin }) });
}
