// Screenshots, logs, transcripts, dumps and reports; and the events that could not be delivered.

@description('Name of the storage account.')
@maxLength(24)
param name string
param location string
param tags object
param sku string

@description('Object id of the app\'s identity.')
param principalId string

@description('Days after which evidence is deleted.')
param keepDays int

@description('Whether a lock guards the account against deletion.')
param locked bool

var blobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
var blobDelegator = 'db58b8e5-c6ad-4a2a-8342-4190687cbf4a'

// Reachable from outside, but for nobody without a token: repair VMs upload dumps by a link of short life.
resource account 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: sku }
  properties: {
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      deleteRetentionPolicy: { enabled: true, days: 7 }
    }

    resource evidence 'containers' = {
      name: 'evidence'
      properties: { publicAccess: 'None' }
    }

    resource deadLetters 'containers' = {
      name: 'dead-letters'
      properties: { publicAccess: 'None' }
    }
  }
}

// A repair's id begins with one of these; subscriptions, under `subscriptions/`, do not expire. A filter takes ten prefixes.
var prefixes = [
  ['evidence/0', 'evidence/1', 'evidence/2', 'evidence/3', 'evidence/4', 'evidence/5', 'evidence/6', 'evidence/7']
  ['evidence/8', 'evidence/9', 'evidence/a', 'evidence/b', 'evidence/c', 'evidence/d', 'evidence/e', 'evidence/f', 'dead-letters/']
]

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2023-05-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [for (expiring, number) in prefixes: {
        name: 'delete-old-${number}'
        type: 'Lifecycle'
        enabled: true
        definition: {
          filters: {
            blobTypes: ['blockBlob', 'appendBlob']
            prefixMatch: expiring
          }
          actions: {
            baseBlob: {
              delete: { daysAfterModificationGreaterThan: keepDays }
            }
          }
        }
      }]
    }
  }
}

resource writes 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account::blobs::evidence.id, principalId, blobDataContributor)
  scope: account::blobs::evidence
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataContributor)
  }
}

// A user delegation key can be asked for at the account only (Create a user delegation SAS).
resource delegates 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, principalId, blobDelegator)
  scope: account
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDelegator)
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (locked) {
  name: 'keep-evidence'
  scope: account
  properties: {
    level: 'CanNotDelete'
    notes: 'Evidence of repairs. Blobs still expire by the lifecycle rule.'
  }
}

output name string = account.name
output containerName string = account::blobs::evidence.name
output url string = account.properties.primaryEndpoints.blob
