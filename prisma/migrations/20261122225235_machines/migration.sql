-- AlterTable
ALTER TABLE "Principal" ADD COLUMN     "allModels" BOOLEAN NOT NULL DEFAULT true,
ADD COLUMN     "deletedAt" TIMESTAMPTZ(3),
ADD COLUMN     "keepContent" BOOLEAN,
ADD COLUMN     "models" TEXT[] DEFAULT ARRAY[]::TEXT[];

-- CreateTable
CREATE TABLE "ApiKey" (
    "id" UUID NOT NULL,
    "principalId" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "allModels" BOOLEAN NOT NULL DEFAULT true,
    "models" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "revokedAt" TIMESTAMPTZ(3),
    "replacesId" UUID,
    "lastUsedAt" TIMESTAMPTZ(3),
    "lastUsedAddress" TEXT,
    "lastUsedAgent" TEXT,

    CONSTRAINT "ApiKey_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ProviderObject" (
    "connection" TEXT NOT NULL,
    "objectId" TEXT NOT NULL,
    "principalId" UUID NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "ProviderObject_pkey" PRIMARY KEY ("connection","objectId")
);

-- CreateIndex
CREATE UNIQUE INDEX "ApiKey_hash_key" ON "ApiKey"("hash");

-- CreateIndex
CREATE INDEX "ApiKey_principalId_createdAt_idx" ON "ApiKey"("principalId", "createdAt");

-- CreateIndex
CREATE INDEX "ApiKey_expiresAt_idx" ON "ApiKey"("expiresAt");

-- CreateIndex
CREATE INDEX "ProviderObject_principalId_idx" ON "ProviderObject"("principalId");

-- CreateIndex
CREATE INDEX "ProviderObject_createdAt_idx" ON "ProviderObject"("createdAt");

-- CreateIndex
CREATE INDEX "Principal_kind_createdAt_idx" ON "Principal"("kind", "createdAt");

-- CreateIndex
CREATE INDEX "Principal_deletedAt_idx" ON "Principal"("deletedAt");

-- AddForeignKey
ALTER TABLE "ApiKey" ADD CONSTRAINT "ApiKey_principalId_fkey" FOREIGN KEY ("principalId") REFERENCES "Principal"("id") ON DELETE CASCADE ON UPDATE CASCADE;
