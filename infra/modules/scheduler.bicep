// The Durable Task Scheduler, in place of the engine's tables and queues in Azure Storage.

@description('Name of the scheduler.')
param name string
param location string
param tags object

@description('Object id of the app\'s identity.')
param principalId string

@description('Client id of the app\'s identity.')
param clientId string

var dataContributor = '0ad04412-c4d5-4796-b79c-f76d14c8d402'

resource scheduler 'Microsoft.DurableTask/schedulers@2025-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    sku: { name: 'Consumption' }
    // An empty list lets nobody in. A token is asked for all the same (Durable Task Scheduler: Configure managed identity).
    ipAllowlist: ['0.0.0.0/0']
  }

  // The hub's name is that of host.json.
  resource hub 'taskHubs' = {
    name: 'bootmend'
  }
}

resource contributes 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(scheduler.id, principalId, dataContributor)
  scope: scheduler
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', dataContributor)
  }
}

@description('Names the scheduler, its hub and the identity; it holds no key.')
output connectionString string = 'Endpoint=${scheduler.properties.endpoint};TaskHub=${scheduler::hub.name};Authentication=ManagedIdentity;ClientID=${clientId}'
