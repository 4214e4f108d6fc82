-- CreateTable
CREATE TABLE "UsageHour" (
    "hour" TIMESTAMPTZ(3) NOT NULL,
    "principalId" UUID NOT NULL,
    "keyId" UUID NOT NULL,
    "provider" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "calls" INTEGER NOT NULL,
    "failed" INTEGER NOT NULL,
    "aborted" INTEGER NOT NULL,
    "unpriced" INTEGER NOT NULL,
    "inputTokens" BIGINT NOT NULL,
    "outputTokens" BIGINT NOT NULL,
    "cachedTokens" BIGINT NOT NULL,
    "reasoningTokens" BIGINT NOT NULL,
    "cost" DECIMAL(18,10) NOT NULL,
    "latencyMs" BIGINT NOT NULL,
    "timed" INTEGER NOT NULL,

    CONSTRAINT "UsageHour_pkey" PRIMARY KEY ("hour","principalId","keyId","provider","model")
);

-- CreateIndex
CREATE INDEX "UsageHour_principalId_hour_idx" ON "UsageHour"("principalId", "hour");

-- The calls that are there already.
INSERT INTO "UsageHour" ("hour", "principalId", "keyId", "provider", "model", "calls", "failed", "aborted", "unpriced",
    "inputTokens", "outputTokens", "cachedTokens", "reasoningTokens", "cost", "latencyMs", "timed")
SELECT date_trunc('hour', "createdAt", 'UTC'), "principalId", coalesce("keyId", '00000000-0000-0000-0000-000000000000'),
    "provider", "model", count(*), count(*) FILTER (WHERE "status" NOT IN ('success', 'aborted')),
    count(*) FILTER (WHERE "status" = 'aborted'), count(*) FILTER (WHERE "cost" IS NULL), sum("inputTokens"),
    sum("outputTokens"), sum("cachedTokens"), sum("reasoningTokens"), coalesce(sum("cost"), 0),
    coalesce(sum("latencyMs"), 0), count("latencyMs")
FROM "Call" WHERE "status" <> 'open' GROUP BY 1, 2, 3, 4, 5;
