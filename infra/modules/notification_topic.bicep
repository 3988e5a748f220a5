// What happens to repairs, as CloudEvents, for whoever subscribes.

@description('Name of the topic.')
param name string
param location string
param tags object

@description('Key vault in which the topic\'s key is kept.')
param vaultName string

resource topic 'Microsoft.EventGrid/topics@2022-06-15' = {
  name: name
  location: location
  tags: tags
  properties: {
    inputSchema: 'CloudEventSchemaV1_0'
    publicNetworkAccess: 'Enabled'
  }
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: vaultName

  resource key 'secrets' = {
    name: 'event-topic-key'
    properties: { value: topic.listKeys().key1 }
  }
}

output endpoint string = topic.properties.endpoint
