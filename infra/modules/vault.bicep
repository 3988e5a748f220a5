// The few values that are secret. App settings refer to them and never hold them.

@description('Name of the key vault.')
@maxLength(24)
param name string
param location string
param tags object

@description('Object id of the app\'s identity.')
param principalId string

@secure()
@description('Key by which webhooks are signed. Empty: none is stored.')
param webhookKey string

var secretsUser = '4633458b-17de-408a-b874-0445c86b69e6'

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: subscription().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 7
  }

  resource signing 'secrets' = if (!empty(webhookKey)) {
    name: 'webhook-key'
    properties: { value: webhookKey }
  }
}

resource reads 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, principalId, secretsUser)
  scope: vault
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsUser)
  }
}

output name string = vault.name
output uri string = vault.properties.vaultUri
