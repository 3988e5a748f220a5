// Everything that Bootmend needs in one subscription, but for the event subscriptions: those need the deployed code and
// follow in events.bicep.
targetScope = 'subscription'

@description('Short name of this installation; all names are built from it.')
@minLength(1)
@maxLength(16)
param environmentName string

@description('Region of the app and its data.')
param location string

@description('Resource groups whose VMs may be repaired. Empty: every VM of the subscription.')
param watchedGroups string[] = []

@description('Regions in which VMs may be repaired: each gets a repair network. VMs of other regions are refused.')
param repairRegions string[] = [location]

@description('Address space of each repair network. The networks are not connected to anything, so all have the same.')
param repairAddressPrefix string = '10.250.0.0/24'

@description('How repair VMs reach Azure. NatGateway: the explicit way. DefaultOutbound: free, where the subscription still has it.')
@allowed(['NatGateway', 'DefaultOutbound'])
param repairOutbound string = 'NatGateway'

@description('VM sizes for repair VMs, the first that can be had is taken. Empty: the app\'s own list.')
param repairSizes string[] = []

@description('Where the engine keeps its state.')
@allowed(['AzureStorage', 'DurableTaskScheduler'])
param durableBackend string = 'AzureStorage'

@description('Instances that are kept warm for the engine. 0: the app scales to nothing between repairs.')
@minValue(0)
param alwaysReadyInstances int = 0

@description('How the storage accounts keep their copies. Not every region has zones.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param storageSku string = 'Standard_ZRS'

@description('Ids of the Recovery Services vaults in which recovery points are looked for.')
param backupVaults string[] = []

@description('Region to the id of the storage account in which Azure Backup stages a restore there.')
param restoreStaging object = {}

@description('Days for which evidence is kept.')
@minValue(1)
param evidenceDays int = 365

@description('Whether a lock guards the evidence against deletion. Take the lock off before removing the installation.')
param lockEvidence bool = true

@description('Mail addresses to tell of failed repairs and waiting checkpoints.')
param alertEmails string[] = []

@description('Client id of the app registration for sign-in with Microsoft Entra. Empty: function keys alone.')
param authClientId string = ''

@description('Whether the person who started a repair may also approve it.')
param requesterMayApprove bool = true

@description('Whether events may start repairs without approval, whatever the VM\'s tags say.')
param autoApprove bool = false

@description('Hosts to which webhooks may be sent.')
param webhookHosts string[] = []

@description('Key by which webhooks are signed. It is kept in the key vault.')
@secure()
param webhookKey string = ''

@description('Whether notifications are also published on an Event Grid topic of their own.')
param publishEvents bool = false

@description('Tags of every resource beside our own.')
param extraTags object = {}

var tags = union(extraTags, { 'azd-env-name': environmentName, application: 'bootmend' })
var token = uniqueString(subscription().id, environmentName, location)
var repairGroupName = 'rg-${environmentName}-repair'
// Who restores nothing needs no rights for it.
var restoreGroups = empty(backupVaults) ? [] : watchedGroups
var repairNetworkName = 'vnet-${environmentName}-repair'
var repairSubnetName = 'repair'
var arm = environment().resourceManager

resource appGroup 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

// No lock here: the app deletes repair VMs.
resource repairGroup 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: repairGroupName
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: appGroup
  params: {
    name: 'id-${environmentName}'
    location: location
    tags: tags
  }
}

module hostStorage 'modules/host_storage.bicep' = {
  name: 'host-storage'
  scope: appGroup
  params: {
    name: 'sthost${token}'
    location: location
    tags: tags
    sku: storageSku
    principalId: identity.outputs.principalId
  }
}

module evidence 'modules/evidence_storage.bicep' = {
  name: 'evidence-storage'
  scope: appGroup
  params: {
    name: 'stevid${token}'
    location: location
    tags: tags
    sku: storageSku
    principalId: identity.outputs.principalId
    keepDays: evidenceDays
    locked: lockEvidence
  }
}

module vault 'modules/vault.bicep' = {
  name: 'vault'
  scope: appGroup
  params: {
    name: 'kv-${token}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    webhookKey: webhookKey
  }
}

module topic 'modules/notification_topic.bicep' = if (publishEvents) {
  name: 'notification-topic'
  scope: appGroup
  params: {
    name: 'evgt-${environmentName}'
    location: location
    tags: tags
    vaultName: vault.outputs.name
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: appGroup
  params: {
    environmentName: environmentName
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    alertEmails: alertEmails
  }
}

module scheduler 'modules/scheduler.bicep' = if (durableBackend == 'DurableTaskScheduler') {
  name: 'scheduler'
  scope: appGroup
  params: {
    name: 'dts-${environmentName}-${token}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    clientId: identity.outputs.clientId
  }
}

module networks 'modules/repair_network.bicep' = [
  for region in repairRegions: {
    name: 'repair-network-${region}'
    scope: repairGroup
    params: {
      name: '${repairNetworkName}-${region}'
      subnetName: repairSubnetName
      location: region
      tags: tags
      addressPrefix: repairAddressPrefix
      outbound: repairOutbound
    }
  }
]

module app 'modules/app.bicep' = {
  name: 'app'
  scope: appGroup
  params: {
    name: 'func-${environmentName}-${token}'
    planName: 'plan-${environmentName}'
    location: location
    tags: tags
    identityId: identity.outputs.id
    clientId: identity.outputs.clientId
    hostStorageName: hostStorage.outputs.name
    packageContainerUrl: hostStorage.outputs.packageContainerUrl
    insightsConnectionString: monitoring.outputs.connectionString
    vaultUri: vault.outputs.uri
    schedulerConnection: durableBackend == 'DurableTaskScheduler' ? scheduler!.outputs.connectionString : ''
    alwaysReadyInstances: alwaysReadyInstances
    authClientId: authClientId
    hasWebhookKey: !empty(webhookKey)
    publishesEvents: publishEvents
    appSettings: {
      BOOTMEND_REPAIR_GROUP: repairGroup.name
      BOOTMEND_REPAIR_SUBNETS: string(toObject(
        repairRegions,
        region => region,
        region => '${repairGroup.id}/providers/Microsoft.Network/virtualNetworks/${repairNetworkName}-${region}/subnets/${repairSubnetName}'
      ))
      BOOTMEND_REPAIR_SIZES: empty(repairSizes) ? '' : string(repairSizes)
      BOOTMEND_BACKUP_VAULTS: string(backupVaults)
      BOOTMEND_RESTORE_STAGING: string(restoreStaging)
      BOOTMEND_ARM_ENDPOINT: endsWith(arm, '/') ? substring(arm, 0, length(arm) - 1) : arm
      BOOTMEND_EVIDENCE_URL: '${evidence.outputs.url}${evidence.outputs.containerName}'
      BOOTMEND_EASY_AUTH: string(!empty(authClientId))
      BOOTMEND_REQUESTER_MAY_APPROVE: string(requesterMayApprove)
      BOOTMEND_AUTO_APPROVE: string(autoApprove)
      BOOTMEND_WEBHOOK_HOSTS: string(webhookHosts)
      BOOTMEND_EVENT_TOPIC: publishEvents ? topic!.outputs.endpoint : ''
    }
  }
}

module repairHostRole 'modules/role.bicep' = {
  name: 'role-repair-host'
  params: {
    definition: loadJsonContent('roles/repair-host.json')
    environmentName: environmentName
  }
}

module repairOperatorRole 'modules/role.bicep' = {
  name: 'role-repair-operator'
  params: {
    definition: loadJsonContent('roles/repair-operator.json')
    environmentName: environmentName
  }
}

module subscriptionReaderRole 'modules/role.bicep' = {
  name: 'role-subscription-reader'
  params: {
    definition: loadJsonContent('roles/subscription-reader.json')
    environmentName: environmentName
  }
}

module restoreTargetRole 'modules/role.bicep' = {
  name: 'role-restore-target'
  params: {
    definition: loadJsonContent('roles/restore-target.json')
    environmentName: environmentName
  }
}

module restoreStagingRole 'modules/role.bicep' = {
  name: 'role-restore-staging'
  params: {
    definition: loadJsonContent('roles/restore-staging.json')
    environmentName: environmentName
  }
}

module backupRestorerRole 'modules/role.bicep' = {
  name: 'role-backup-restorer'
  params: {
    definition: loadJsonContent('roles/backup-restorer.json')
    environmentName: environmentName
  }
}

module repairHostAssignment 'modules/group_assignment.bicep' = {
  name: 'assign-repair-host'
  scope: repairGroup
  params: {
    principalId: identity.outputs.principalId
    roleId: repairHostRole.outputs.id
  }
}

module repairOperatorAssignments 'modules/group_assignment.bicep' = [
  for group in watchedGroups: {
    name: 'assign-repair-operator-${uniqueString(group)}'
    scope: resourceGroup(group)
    params: {
      principalId: identity.outputs.principalId
      roleId: repairOperatorRole.outputs.id
    }
  }
]

module repairOperatorEverywhere 'modules/subscription_assignment.bicep' = if (empty(watchedGroups)) {
  name: 'assign-repair-operator'
  params: {
    principalId: identity.outputs.principalId
    roleId: repairOperatorRole.outputs.id
  }
}

module subscriptionReaderAssignment 'modules/subscription_assignment.bicep' = {
  name: 'assign-subscription-reader'
  params: {
    principalId: identity.outputs.principalId
    roleId: subscriptionReaderRole.outputs.id
  }
}

module restoreTargetAssignments 'modules/group_assignment.bicep' = [
  for group in restoreGroups: {
    name: 'assign-restore-target-${uniqueString(group)}'
    scope: resourceGroup(group)
    params: {
      principalId: identity.outputs.principalId
      roleId: restoreTargetRole.outputs.id
    }
  }
]

module restoreTargetEverywhere 'modules/subscription_assignment.bicep' = if (empty(watchedGroups) && !empty(backupVaults)) {
  name: 'assign-restore-target'
  params: {
    principalId: identity.outputs.principalId
    roleId: restoreTargetRole.outputs.id
  }
}

module backupRestorerAssignments 'modules/vault_assignment.bicep' = [
  for vaultId in backupVaults: {
    name: 'assign-backup-restorer-${uniqueString(vaultId)}'
    scope: resourceGroup(split(vaultId, '/')[2], split(vaultId, '/')[4])
    params: {
      vaultName: last(split(vaultId, '/'))
      principalId: identity.outputs.principalId
      roleId: backupRestorerRole.outputs.id
    }
  }
]

module restoreStagingAssignments 'modules/account_assignment.bicep' = [
  for staging in items(restoreStaging): {
    name: 'assign-restore-staging-${uniqueString(staging.value)}'
    scope: resourceGroup(split(staging.value, '/')[2], split(staging.value, '/')[4])
    params: {
      accountName: last(split(staging.value, '/'))
      principalId: identity.outputs.principalId
      roleId: restoreStagingRole.outputs.id
    }
  }
]

output AZURE_RESOURCE_GROUP string = appGroup.name
output APP_NAME string = app.outputs.name
output APP_URL string = app.outputs.url
output EVIDENCE_STORAGE string = evidence.outputs.name
output WATCHED_GROUPS string[] = watchedGroups
